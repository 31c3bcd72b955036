;; Closures: a struct holds the code, as a typed function reference, and a subtype of it what the code needs besides.
(module
  (rec
    (type $code (func (param $self (ref $closure)) (param i32) (result i32)))
    (type $closure (sub (struct (field $code (ref $code))))))
  (type $adder (sub final $closure (struct (field $code (ref $code)) (field $by i32))))
  (type $composed (sub final $closure (struct (field $code (ref $code)) (field $f (ref $closure)) (field $g (ref $closure)))))
  (elem declare func $add $compose)

  (func $call (param $f (ref $closure)) (param $x i32) (result i32)
    (call_ref $code (local.get $f) (local.get $x) (struct.get $closure $code (local.get $f))))

  ;; Whoever made the closure knows what it holds: the cast traps where that is not so.
  (func $add (type $code) (param $self (ref $closure)) (param $x i32) (result i32)
    (i32.add (local.get $x) (struct.get $adder $by (ref.cast (ref $adder) (local.get $self)))))

  (func $compose (type $code) (param $self (ref $closure)) (param $x i32) (result i32)
    (local $both (ref $composed))
    (local.set $both (ref.cast (ref $composed) (local.get $self)))
    (call $call
      (struct.get $composed $g (local.get $both))
      (call $call (struct.get $composed $f (local.get $both)) (local.get $x))))

  ;; x + 2 + 40
  (func (export "main") (param $x i32) (result i32)
    (call $call
      (struct.new $composed (ref.func $compose)
        (struct.new $adder (ref.func $add) (i32.const 2))
        (struct.new $adder (ref.func $add) (i32.const 40)))
      (local.get $x))))
