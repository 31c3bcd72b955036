;; A linked list on the collected heap: structs that nobody frees, and no memory at all.
(module
  (type $list (struct (field $head i64) (field $tail (ref null $list))))

  ;; The numbers 1 to n.
  (func $upTo (export "upTo") (param $n i64) (result (ref null $list))
    (local $list (ref null $list))
    (block $done
      (loop $next
        (br_if $done (i64.eqz (local.get $n)))
        (local.set $list (struct.new $list (local.get $n) (local.get $list)))
        (local.set $n (i64.sub (local.get $n) (i64.const 1)))
        (br $next)))
    (local.get $list))

  ;; br_on_null leaves the loop at the end of the list; behind it the type says that there is a struct.
  (func $sum (export "sum") (param $list (ref null $list)) (result i64)
    (local $sum i64)
    (local $item (ref $list))
    (block $end
      (loop $next
        (local.set $item (br_on_null $end (local.get $list)))
        (local.set $sum (i64.add (local.get $sum) (struct.get $list $head (local.get $item))))
        (local.set $list (struct.get $list $tail (local.get $item)))
        (br $next)))
    (local.get $sum))

  (func (export "main") (param $n i64) (result i64)
    (call $sum (call $upTo (local.get $n)))))
