// Numbers for the spellings of keywords and identifiers, so that a spelling becomes a string once and is compared as a number after.

/** Slots of the cache in front of the map: a power of two that grows with the source. */
function slotCount(sourceLength: number): number {
  const wanted = Math.min(Math.max(sourceLength >>> 6, 64), 1 << 16)
  return 1 << (31 - Math.clz32(wanted))
}

export class AtomTable {
  private readonly texts: string[] = []
  private readonly byText = new Map<string, number>()
  // The cache maps a hash to the place where the spelling was last met. It may forget, so that colliding hashes cost a look into
  // the map (whose hashes nobody can foresee) and no more.
  private readonly slotAtoms: Int32Array
  private readonly slotStarts: Uint32Array
  private readonly slotLengths: Uint32Array

  constructor(sourceLength: number) {
    const slots = slotCount(sourceLength)
    this.slotAtoms = new Int32Array(slots).fill(-1)
    this.slotStarts = new Uint32Array(slots)
    this.slotLengths = new Uint32Array(slots)
  }

  get size(): number {
    return this.texts.length
  }

  /** Precondition: the atom came from this table. */
  text(atom: number): string {
    return this.texts[atom]!
  }

  /** The atom of a text; a new one when the text is new. */
  intern(text: string): number {
    const known = this.byText.get(text)
    if (known !== undefined) return known
    const atom = this.texts.length
    this.texts.push(text)
    this.byText.set(text, atom)
    return atom
  }

  /** The atom of a text, or undefined if it doesn't occur. */
  find(text: string): number | undefined {
    return this.byText.get(text)
  }

  /** Interns ASCII bytes under a hash of theirs. All calls must concern the same `bytes`. */
  internAscii(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const slot = (hash ^ (hash >>> 15)) & (this.slotAtoms.length - 1)
    const length = end - start
    const cached = this.slotAtoms[slot]!
    if (cached >= 0 && this.slotLengths[slot] === length) {
      const known = this.slotStarts[slot]!
      let i = 0
      while (i < length && bytes[known + i] === bytes[start + i]) i++
      if (i === length) return cached
    }
    const atom = this.intern(asciiText(bytes, start, end))
    this.slotAtoms[slot] = atom
    this.slotStarts[slot] = start
    this.slotLengths[slot] = length
    return atom
  }
}

export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 64) return new TextDecoder().decode(bytes.subarray(start, end))
  let text = ''
  for (let pos = start; pos < end; pos++) text += String.fromCharCode(bytes[pos]!)
  return text
}
