;; The hot loops of the pipeline: cut a run of packets into spans, and check and compact a run of
;; plain events. Same contract as js_event_kernel.ts; see event_kernel.ts for the registers.
;;
;; The CRCs of a run are checked together, by one CRC-32 of all its bytes. An event with its own CRC
;; behind it has the CRC-32 R, whatever it is, and CRC(a b) = CRC(a) x^(8 size of b) + CRC(b), in
;; polynomials over GF(2) modulo that of the CRC. So a run whose events end at e1 … en has the CRC
;; R (x^(8 (en-e1)) + … + x^(8 (en-en))), and any other if one of them is damaged.
;;
;; Memory: 0     16 i32 registers of walk
;;         64    8 i32 registers of frame
;;         96    i32 sums of powers: of the current 4 KiB, which 4 KiB that is, of all before
;;         256   class of each event type, 256 bytes
;;         1024  x^(8 i) for i < 4096, i32 each
;;         17408 x^(8 4096 i) for i < 512, i32 each
;;         65536 … batches
(module
  (memory (export "memory") 240 240)

  ;; Product of two polynomials; the highest bit is x^0, as in zlib.
  (func $multiply (param $a i32) (param $b i32) (result i32)
    (local $product i32)
    (loop $next
      (local.set $product
        (i32.xor (local.get $product)
          (i32.and (local.get $b) (i32.shr_s (local.get $a) (i32.const 31)))))
      (local.set $b (call $timesX (local.get $b)))
      (local.set $a (i32.shl (local.get $a) (i32.const 1)))
      (br_if $next (local.get $a)))
    (local.get $product))

  (func $timesX (param $a i32) (result i32)
    (i32.xor
      (i32.shr_u (local.get $a) (i32.const 1))
      (i32.and (i32.const 0xedb88320)
        (i32.sub (i32.const 0) (i32.and (local.get $a) (i32.const 1))))))

  ;; Fills the two tables of powers.
  (func $init
    (local $at i32) (local $power i32) (local $step i32) (local $bit i32)
    (local.set $power (i32.const 0x80000000))
    (local.set $at (i32.const 1024))
    (loop $low
      (i32.store (local.get $at) (local.get $power))
      (local.set $bit (i32.const 8))
      (loop $bits
        (local.set $power (call $timesX (local.get $power)))
        (local.set $bit (i32.sub (local.get $bit) (i32.const 1)))
        (br_if $bits (local.get $bit)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $low (i32.lt_u (local.get $at) (i32.const 17408))))
    (local.set $step (local.get $power))
    (local.set $power (i32.const 0x80000000))
    (loop $high
      (i32.store (local.get $at) (local.get $power))
      (local.set $power (call $multiply (local.get $power) (local.get $step)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $high (i32.lt_u (local.get $at) (i32.const 19456)))))
  (start $init)

  ;; Notes that an event ends so many bytes before the end of the space for a run.
  (func $noteEnd (param $before i32)
    (local $page i32) (local $sum i32)
    (local.set $page (i32.shr_u (local.get $before) (i32.const 12)))
    (local.set $sum (i32.load offset=96 (i32.const 0)))
    (if (i32.ne (local.get $page) (i32.load offset=100 (i32.const 0)))
      (then
        (call $closePage)
        (i32.store offset=100 (i32.const 0) (local.get $page))
        (local.set $sum (i32.const 0))))
    (i32.store offset=96 (i32.const 0)
      (i32.xor (local.get $sum)
        (i32.load offset=1024
          (i32.shl (i32.and (local.get $before) (i32.const 4095)) (i32.const 2))))))

  ;; Adds the sum of the current page to that of all.
  (func $closePage
    (i32.store offset=104 (i32.const 0)
      (i32.xor
        (i32.load offset=104 (i32.const 0))
        (call $multiply
          (i32.load offset=96 (i32.const 0))
          (i32.load offset=17408
            (i32.shl (i32.load offset=100 (i32.const 0)) (i32.const 2)))))))

  ;; Whether the events of the last walk are intact: crc is the CRC-32 of the bytes they were moved
  ;; to, and rest what these leave of the space for a run.
  (func (export "intact") (param $crc i32) (param $rest i32) (result i32)
    (call $closePage)
    (i32.eq
      (call $multiply
        (local.get $crc)
        (call $multiply
          (i32.load offset=1024
            (i32.shl (i32.and (local.get $rest) (i32.const 4095)) (i32.const 2)))
          (i32.load offset=17408
            (i32.shl (i32.shr_u (local.get $rest) (i32.const 12)) (i32.const 2)))))
      (call $multiply (i32.const 0x2144df1c) (i32.load offset=104 (i32.const 0)))))

  ;; Moves size bytes to a lower address; the two may overlap. Never writes beyond to + size.
  (func $move (param $to i32) (param $from i32) (param $size i32)
    (local $end i32) (local $end8 i32)
    (if (i32.eq (local.get $to) (local.get $from)) (then (return)))
    (if (i32.gt_u (local.get $size) (i32.const 256))
      (then
        (memory.copy (local.get $to) (local.get $from) (local.get $size))
        (return)))
    (local.set $end (i32.add (local.get $from) (local.get $size)))
    (local.set $end8 (i32.sub (local.get $end) (i32.const 7)))
    (block $done8
      (loop $next8
        (br_if $done8 (i32.ge_u (local.get $from) (local.get $end8)))
        (i64.store (local.get $to) (i64.load (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 8)))
        (local.set $from (i32.add (local.get $from) (i32.const 8)))
        (br $next8)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br $next))))

  ;; State after a QUERY_EVENT of size bytes without its CRC; -1 leaves the event to the caller.
  (func $advanceQuery (param $state i32) (param $event i32) (param $size i32) (result i32)
    (local $text i32) (local $length i32) (local $first i32)
    ;; STANDALONE: this is its one statement.
    (if (i32.eq (local.get $state) (i32.const 3)) (then (return (i32.const 8))))
    ;; header 19, post-header 13, status variables, database, NUL
    (local.set $length
      (i32.add (i32.const 33)
        (i32.add
          (i32.load16_u offset=30 (local.get $event))
          (i32.load8_u offset=27 (local.get $event)))))
    (local.set $text (i32.add (local.get $event) (local.get $length)))
    (local.set $length (i32.sub (local.get $size) (local.get $length)))
    (if (i32.lt_s (local.get $length) (i32.const 5)) (then (return (i32.const -1))))
    (if (i32.eq (local.get $state) (i32.const 2))
      (then
        ;; OPEN: only a text that begins with C, R or X can end it.
        (local.set $first (i32.and (i32.load8_u (local.get $text)) (i32.const 0xdf)))
        (if (i32.or
              (i32.eq (local.get $first) (i32.const 0x43))
              (i32.or
                (i32.eq (local.get $first) (i32.const 0x52))
                (i32.eq (local.get $first) (i32.const 0x58))))
          (then (return (i32.const -1))))
        (return (i32.const 2))))
    ;; "BEGI" "N"
    (if (i32.and
          (i32.eq (local.get $length) (i32.const 5))
          (i32.and
            (i32.eq (i32.load (local.get $text)) (i32.const 0x49474542))
            (i32.eq (i32.load8_u offset=4 (local.get $text)) (i32.const 0x4e))))
      (then (return (i32.const 2))))
    (i32.const -1))

  ;; State after an event that can change it, plus 8 at the end of a transaction; -1: the caller's.
  (func $advance
    (param $type i32) (param $state i32) (param $event i32) (param $size i32) (result i32)
    ;; XID, XA_PREPARE and TRANSACTION_PAYLOAD end one.
    (if (i32.or
          (i32.eq (local.get $type) (i32.const 16))
          (i32.or
            (i32.eq (local.get $type) (i32.const 38))
            (i32.eq (local.get $type) (i32.const 40))))
      (then (return (i32.const 8))))
    (if (i32.eq (local.get $type) (i32.const 2))
      (then (return (call $advanceQuery (local.get $state) (local.get $event) (local.get $size)))))
    (if (i32.or
          (i32.eq (local.get $type) (i32.const 42))
          (i32.or
            (i32.eq (local.get $type) (i32.const 33))
            (i32.eq (local.get $type) (i32.const 34))))
      (then (return (i32.const 1))))
    (if (i32.eq (local.get $type) (i32.const 162))
      (then
        (if (i32.lt_u (local.get $size) (i32.const 32)) (then (return (i32.const -1))))
        (return
          (i32.add (i32.const 2)
            (i32.and (i32.load8_u offset=31 (local.get $event)) (i32.const 1))))))
    (i32.const -1))

  ;; bytes, spans: addresses of a batch's bytes and span table. space: what a run may have of bytes.
  ;; largest: an event beyond this many bytes is left to the caller.
  (func (export "walk")
    (param $bytes i32) (param $spans i32) (param $space i32) (param $largest i32)
    (local $span i32) (local $count i32) (local $out i32) (local $position i32)
    (local $skip i32) (local $checksum i32) (local $payload i32) (local $event i32)
    (local $size i32) (local $class i32) (local $logPos i32) (local $state i32) (local $at i32)
    (local.set $span (i32.load offset=0 (i32.const 0)))
    (local.set $count (i32.load offset=4 (i32.const 0)))
    (local.set $out (i32.load offset=8 (i32.const 0)))
    (local.set $position (i32.load offset=12 (i32.const 0)))
    (local.set $skip (i32.load offset=20 (i32.const 0)))
    (local.set $checksum (i32.load offset=24 (i32.const 0)))
    (local.set $space (i32.add (local.get $space) (local.get $out)))
    (i32.store offset=96 (i32.const 0) (i32.const 0))
    (i32.store offset=100 (i32.const 0) (i32.const 0))
    (i32.store offset=104 (i32.const 0) (i32.const 0))
    (block $stop
      (loop $next
        (br_if $stop (i32.ge_s (local.get $span) (local.get $count)))
        (local.set $at
          (i32.add (local.get $spans) (i32.mul (local.get $span) (i32.const 12))))
        (local.set $payload (i32.add (local.get $bytes) (i32.load (local.get $at))))
        (local.set $event (i32.add (local.get $payload) (local.get $skip)))
        (local.set $size (i32.sub (i32.load offset=4 (local.get $at)) (local.get $skip)))
        (br_if $stop (i32.ne (i32.load offset=8 (local.get $at)) (i32.const 3)))
        (br_if $stop
          (i32.lt_s (local.get $size) (i32.add (i32.const 19) (local.get $checksum))))
        (br_if $stop (i32.gt_u (local.get $size) (local.get $largest)))
        (br_if $stop (i32.load8_u (local.get $payload)))
        (if (i32.gt_u (local.get $skip) (i32.const 1))
          (then
            (br_if $stop
              (i32.ne (i32.load8_u offset=1 (local.get $payload)) (i32.const 0xef)))))
        (local.set $class
          (i32.load8_u offset=256 (i32.load8_u offset=4 (local.get $event))))
        (br_if $stop (i32.eqz (local.get $class)))
        (br_if $stop (i32.and (i32.load8_u offset=17 (local.get $event)) (i32.const 0x20)))
        (br_if $stop (i32.ne (i32.load offset=9 (local.get $event)) (local.get $size)))
        (local.set $logPos (i32.load offset=13 (local.get $event)))
        (if (local.get $logPos)
          (then
            (br_if $stop
              (i32.ne (local.get $logPos)
                (i32.add (local.get $position) (local.get $size))))))
        (if (i32.eq (local.get $class) (i32.const 2))
          (then
            (local.set $state
              (call $advance
                (i32.load8_u offset=4 (local.get $event))
                (i32.load offset=16 (i32.const 0))
                (local.get $event)
                (i32.sub (local.get $size) (local.get $checksum))))
            (br_if $stop (i32.lt_s (local.get $state) (i32.const 0)))
            (i32.store offset=16 (i32.const 0) (i32.and (local.get $state) (i32.const 7)))
            (if (i32.and (local.get $state) (i32.const 8))
              (then
                (i32.store offset=40 (i32.const 0) (i32.load offset=36 (i32.const 0)))
                (i32.store offset=36 (i32.const 0)
                  (i32.add (local.get $out) (local.get $size)))
                (i32.store offset=32 (i32.const 0)
                  (i32.add (i32.load offset=32 (i32.const 0)) (i32.const 1)))))))
        (if (i32.gt_u (local.get $skip) (i32.const 1))
          (then
            (if (i32.and (i32.load8_u offset=2 (local.get $payload)) (i32.const 1))
              (then
                (i32.store offset=44 (i32.const 0)
                  (i32.add (local.get $out) (local.get $size)))))))
        (i32.store offset=48 (i32.const 0) (i32.load (local.get $event)))
        (call $move
          (i32.add (local.get $bytes) (local.get $out)) (local.get $event) (local.get $size))
        (local.set $out (i32.add (local.get $out) (local.get $size)))
        (if (local.get $checksum)
          (then (call $noteEnd (i32.sub (local.get $space) (local.get $out)))))
        (local.set $position (i32.add (local.get $position) (local.get $size)))
        (i32.store offset=28 (i32.const 0)
          (i32.add (i32.load offset=28 (i32.const 0)) (i32.const 1)))
        (local.set $span (i32.add (local.get $span) (i32.const 1)))
        (br $next)))
    (i32.store offset=0 (i32.const 0) (local.get $span))
    (i32.store offset=8 (i32.const 0) (local.get $out))
    (i32.store offset=12 (i32.const 0) (local.get $position)))

  ;; Cuts whole packets into spans, from register AT up to END, and stops before anything else:
  ;; an empty or continued packet, one that is not all there, a wrong sequence id.
  (func (export "frame") (param $bytes i32) (param $spans i32)
    (local $at i32) (local $end i32) (local $count i32) (local $sequence i32)
    (local $semiSync i32) (local $check i32) (local $header i32) (local $length i32)
    (local $payload i32) (local $span i32)
    (local.set $at (i32.load offset=64 (i32.const 0)))
    (local.set $end (i32.sub (i32.load offset=68 (i32.const 0)) (i32.const 4)))
    (local.set $count (i32.load offset=72 (i32.const 0)))
    (local.set $sequence (i32.load offset=76 (i32.const 0)))
    (local.set $semiSync (i32.load offset=80 (i32.const 0)))
    (local.set $check (i32.load offset=84 (i32.const 0)))
    (local.set $span (i32.add (local.get $spans) (i32.mul (local.get $count) (i32.const 12))))
    (block $stop
      (loop $next
        (br_if $stop (i32.gt_s (local.get $at) (local.get $end)))
        (local.set $payload (i32.add (local.get $bytes) (local.get $at)))
        (local.set $header (i32.load (local.get $payload)))
        (local.set $length (i32.and (local.get $header) (i32.const 0xffffff)))
        (br_if $stop (i32.eqz (local.get $length)))
        (br_if $stop (i32.eq (local.get $length) (i32.const 0xffffff)))
        (br_if $stop
          (i32.gt_s (local.get $length) (i32.sub (local.get $end) (local.get $at))))
        (local.set $header (i32.shr_u (local.get $header) (i32.const 24)))
        (if (local.get $check)
          (then (br_if $stop (i32.ne (local.get $header) (local.get $sequence)))))
        (local.set $sequence
          (i32.and (i32.add (local.get $header) (i32.const 1)) (i32.const 255)))
        (i32.store (local.get $span) (i32.add (local.get $at) (i32.const 4)))
        (i32.store offset=4 (local.get $span) (local.get $length))
        (i32.store offset=8 (local.get $span) (i32.const 3))
        (if (i32.and (local.get $semiSync) (i32.gt_u (local.get $length) (i32.const 2)))
          (then
            (if (i32.and
                  (i32.eqz (i32.load8_u offset=4 (local.get $payload)))
                  (i32.and (i32.load8_u offset=6 (local.get $payload)) (i32.const 1)))
              (then (local.set $sequence (i32.const 1))))))
        (local.set $span (i32.add (local.get $span) (i32.const 12)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (local.set $at
          (i32.add (local.get $at) (i32.add (local.get $length) (i32.const 4))))
        (br $next)))
    (i32.store offset=64 (i32.const 0) (local.get $at))
    (i32.store offset=72 (i32.const 0) (local.get $count))
    (i32.store offset=76 (i32.const 0) (local.get $sequence))))
