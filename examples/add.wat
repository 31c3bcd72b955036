;; Adds two numbers.
;;
;;   heddle examples/add.wasm --invoke add -a 1 2
(module
  (func $add (export "add") (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    i32.add))
