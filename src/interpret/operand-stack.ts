// The operand stack while a function is lowered: not values, but where each will be found. An entry lies in its own slot, or is the value
// of a local, or a constant; the latter two are copied into their slot only when something needs them there ("settled").

import { V128, isRefType, type ValType } from '../syntax/types.ts'
import type { CodeBuffer } from './code-buffer.ts'
import type { LocalLayout } from './local-layout.ts'
import { OPS } from './ops.ts'
import { byType, isWide, slotWords } from './slots.ts'

/** What an entry is at this moment. */
const SLOT = 0
const LOCAL = 1
const CONST = 2

export class OperandStack {
  private readonly code: CodeBuffer
  private readonly locals: LocalLayout
  height = 0
  /** The address behind the topmost entry, and the highest that it ever was. */
  private top: number
  maxTop: number
  /** By entry: what it is; the local, or the constant's low half or number among `vectors`; its high half; its type; its slot. */
  private readonly kinds: number[] = []
  private readonly values: number[] = []
  private readonly highs: number[] = []
  private readonly types: ValType[] = []
  private readonly slots: number[] = []
  /** Constants of v128, four words each. */
  private readonly vectors: (readonly number[])[] = []
  /** Entries below lie in their slots. */
  private settled = 0
  /** How many entries are the value of each local. */
  private readonly aliases: Int32Array

  constructor(code: CodeBuffer, locals: LocalLayout) {
    this.code = code
    this.locals = locals
    this.top = locals.words
    this.maxTop = locals.words
    this.aliases = new Int32Array(locals.types.length)
  }

  /** The address of an entry's own slot; of the entry to come, where it would be the topmost. */
  slotOf(entry: number): number {
    return entry === this.height ? this.top : this.slots[entry]!
  }

  typeOf(entry: number): ValType {
    return this.types[entry]!
  }

  isConst(entry: number): boolean {
    return this.kinds[entry] === CONST
  }

  /** The low half of a constant of at most 64 bits. */
  constLow(entry: number): number {
    return this.values[entry]!
  }

  constHigh(entry: number): number {
    return this.highs[entry]!
  }

  isInSlot(entry: number): boolean {
    return this.kinds[entry] === SLOT
  }

  /** Pushes an entry that lies in its slot, and gives the slot. */
  push(type: ValType): number {
    return this.pushEntry(type, SLOT, 0, 0)
  }

  /** Makes room in the frame up to an address. */
  reserve(address: number): void {
    if (address > this.maxTop) this.maxTop = address
  }

  pushAll(types: readonly ValType[]): void {
    for (const type of types) this.push(type)
  }

  /** The address of a slot above an entry that has been popped, or above those that are there; free until something is pushed. */
  slotAbove(entry: number): number {
    const slot = this.slots[entry]! + slotWords(this.types[entry]!)
    this.reserve(slot + 2)
    return slot
  }

  pushConst(type: ValType, lo: number, hi = 0): void {
    this.pushEntry(type, CONST, lo, hi)
  }

  pushVector(words: readonly number[]): void {
    this.pushEntry(V128, CONST, this.vectors.push(words) - 1, 0)
  }

  pushLocal(x: number): void {
    this.locals.noteRead(x)
    this.pushEntry(this.locals.types[x]!, LOCAL, x, 0)
  }

  private pushEntry(type: ValType, kind: number, value: number, high: number): number {
    const entry = this.height++
    const slot = this.top
    this.kinds[entry] = kind
    this.values[entry] = value
    this.highs[entry] = high
    this.types[entry] = type
    this.slots[entry] = slot
    this.top = slot + slotWords(type)
    if (kind === LOCAL) this.aliases[value] = this.aliases[value]! + 1
    if (this.top > this.maxTop) this.maxTop = this.top
    return slot
  }

  /** Takes the topmost entry off; its descriptor can still be looked at by its number. */
  pop(): number {
    const entry = --this.height
    this.top = this.slots[entry]!
    this.forgetAlias(entry)
    if (this.settled > this.height) this.settled = this.height
    return entry
  }

  popMany(count: number): void {
    for (let i = 0; i < count; i++) this.pop()
  }

  private forgetAlias(entry: number): void {
    if (this.kinds[entry] !== LOCAL) return
    const x = this.values[entry]!
    this.aliases[x] = this.aliases[x]! - 1
  }

  /** Sets the stack to a block's beginning or end: `types` above the operands that were there before it, all in their slots. */
  resetTo(height: number, types: readonly ValType[]): void {
    while (this.height > height) this.pop()
    this.pushAll(types)
    this.settled = this.height
  }

  /** The slot in which the entry can be read: its own, or its local's. A constant is put into its own. */
  operand(entry: number): number {
    const kind = this.kinds[entry]
    if (kind === LOCAL) return this.locals.slots[this.values[entry]!]!
    const slot = this.slots[entry]!
    if (kind === CONST) {
      this.emitConst(slot, entry)
      this.kinds[entry] = SLOT
    }
    return slot
  }

  /** Copies an entry to a slot. */
  moveTo(slot: number, entry: number): void {
    if (this.kinds[entry] === CONST) return this.emitConst(slot, entry)
    const from = this.operand(entry)
    const type = this.types[entry]!
    if (slot !== from) this.code.emit(byType(type, OPS.move32, OPS.move64, OPS.move_ref, OPS.move128), slot, from)
  }

  private emitConst(slot: number, entry: number): void {
    const type = this.types[entry]!
    const { code } = this
    if (isRefType(type)) code.emit(OPS.null_ref, slot)
    else if (type === V128) {
      const [a, b, c, d] = this.vectors[this.values[entry]!]!
      code.emit(OPS.const64, slot, a, b)
      code.emit(OPS.const64, slot + 2, c, d)
    } else if (isWide(type)) code.emit(OPS.const64, slot, this.values[entry], this.highs[entry])
    else code.emit(OPS.const32, slot, this.values[entry])
  }

  private settleEntry(entry: number): void {
    if (this.kinds[entry] === SLOT) return
    this.forgetAlias(entry)
    this.moveTo(this.slots[entry]!, entry)
    this.kinds[entry] = SLOT
  }

  /** Puts the topmost `count` entries into their slots. */
  settleTop(count: number): void {
    for (let entry = Math.max(this.settled, this.height - count); entry < this.height; entry++) this.settleEntry(entry)
  }

  /** Puts all entries into their slots. */
  settle(): void {
    for (let entry = this.settled; entry < this.height; entry++) this.settleEntry(entry)
    this.settled = this.height
  }

  /**
   * Stores the popped entry in a local; entries that are the local's old value are settled first. Where the entry is the result of the last
   * operation, that operation writes to the local instead.
   */
  setLocal(x: number, entry: number, once: boolean): void {
    this.locals.noteAssignment(x, once)
    const to = this.locals.slots[x]!
    if (this.aliases[x]! > 0) this.settle()
    const kind = this.kinds[entry]
    if (kind === SLOT && this.code.redirect(this.slots[entry]!, to)) return
    if (kind === LOCAL && this.values[entry] === x) return
    this.moveTo(to, entry)
  }

  /** Like `setLocal`, but the value stays on the stack. */
  teeLocal(x: number, once: boolean): void {
    const entry = this.pop()
    const [kind, value, high, type] = [this.kinds[entry], this.values[entry]!, this.highs[entry]!, this.types[entry]!]
    this.setLocal(x, entry, once)
    if (kind === CONST) this.pushEntry(type, CONST, value, high)
    else this.pushEntry(type, LOCAL, x, 0)
  }
}
