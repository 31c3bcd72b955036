;; A stack calculator whose loop ends by an exception: "23+4*" is (2 + 3) · 4. Other exceptions go on to whoever called it.
(module
  (tag $result (param i32))
  (tag $unexpected (export "unexpected") (param $character i32) (param $position i32))
  (memory 1)
  (data (i32.const 0) "23+4*\00")
  (data (i32.const 16) "23-\00")

  ;; One character: gives the stack's new height, or throws.
  (func $step (param $at i32) (param $height i32) (result i32)
    (local $character i32)
    (local.set $character (i32.load8_u (local.get $at)))
    (if (i32.eqz (local.get $character))
      (then (throw $result (call $item (local.get $height) (i32.const 1)))))
    (if (i32.lt_u (i32.sub (local.get $character) (i32.const 0x30)) (i32.const 10))
      (then (return (call $push (local.get $height) (i32.sub (local.get $character) (i32.const 0x30))))))
    (if (i32.eq (local.get $character) (i32.const 0x2b))
      (then (return (call $push (i32.sub (local.get $height) (i32.const 2))
        (i32.add (call $item (local.get $height) (i32.const 2)) (call $item (local.get $height) (i32.const 1)))))))
    (if (i32.eq (local.get $character) (i32.const 0x2a))
      (then (return (call $push (i32.sub (local.get $height) (i32.const 2))
        (i32.mul (call $item (local.get $height) (i32.const 2)) (call $item (local.get $height) (i32.const 1)))))))
    (throw $unexpected (local.get $character) (local.get $at)))

  (func $item (param $height i32) (param $depth i32) (result i32)
    (i32.load offset=256 (i32.mul (i32.sub (local.get $height) (local.get $depth)) (i32.const 4))))

  (func $push (param $height i32) (param $value i32) (result i32)
    (i32.store offset=256 (i32.mul (local.get $height) (i32.const 4)) (local.get $value))
    (i32.add (local.get $height) (i32.const 1)))

  (func $evaluate (export "evaluate") (param $at i32) (result i32)
    (local $height i32)
    (block $caught (result i32)
      (try_table (catch $result $caught)
        (loop $next
          (local.set $height (call $step (local.get $at) (local.get $height)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next)))
      (unreachable))))
