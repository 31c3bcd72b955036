;; A generator by stack switching: $squares suspends in the middle of its loop, and goes on there when it is resumed.
(module
  (type $task (func))
  (type $generator (cont $task))
  (tag $yield (param i32))
  (elem declare func $squares)

  (func $squares (export "squares")
    (local $i i32)
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (suspend $yield (i32.mul (local.get $i) (local.get $i)))
      (br $next)))

  ;; The sum of the first n values. The generator is never finished, only dropped.
  (func (export "main") (param $n i32) (result i32)
    (local $sum i32)
    (local $generator (ref $generator))
    (local.set $generator (cont.new $generator (ref.func $squares)))
    (loop $next
      (block $yielded (result i32 (ref $generator))
        (resume $generator (on $yield $yielded) (local.get $generator))
        (return (local.get $sum)))
      (local.set $generator)
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
