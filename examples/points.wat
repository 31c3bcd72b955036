;; Hands the host a pointer to an array of structs, and a pointer to a place for the answer: see points.js.
;;
;;   struct point { double x; double y; };
;;   void centroid(const struct point *points, int count, struct point *result);
;;   void log(const char *text, int length);
(module
  (import "host" "centroid" (func $centroid (param $points i32) (param $count i32) (param $result i32)))
  (import "host" "log" (func $log (param $text i32) (param $length i32)))
  (memory (export "memory") 1)

  (data (i32.const 16) "the centroid of a triangle")
  (data (offset i32.const 64)
    "\00\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00"  ;; {0, 0}
    "\00\00\00\00\00\00\18\40" "\00\00\00\00\00\00\00\00"  ;; {6, 0}
    "\00\00\00\00\00\00\00\00" "\00\00\00\00\00\00\08\40") ;; {0, 3}

  ;; The centroid of the triangle; the host writes it to address 128.
  (func (export "main") (result f64 f64)
    (call $log (i32.const 16) (i32.const 26))
    (call $centroid (i32.const 64) (i32.const 3) (i32.const 128))
    (f64.load (i32.const 128))
    (f64.load (i32.const 136))))
