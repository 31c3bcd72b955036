// Host functions that get pointers into the guest's memory: to text, and to an array of structs.
//
//   npm run build && node examples/points.js

import { readFileSync } from 'node:fs'
import { Engine } from 'heddle'
import { parseWat } from 'heddle/wat'

/** `struct point { double x; double y; }` at an address: reads and writes go to the guest's memory, wherever that lies by then. */
class Point {
  static size = 16

  constructor(memory, address) {
    this.memory = memory
    this.address = address
  }

  get x() {
    return this.memory.view.getFloat64(this.address, true)
  }
  set x(value) {
    this.memory.view.setFloat64(this.address, value, true)
  }

  get y() {
    return this.memory.view.getFloat64(this.address + 8, true)
  }
  set y(value) {
    this.memory.view.setFloat64(this.address + 8, value, true)
  }
}

const host = {
  log: (context, text, length) => console.log('guest:', context.string(text, length)),

  centroid: ({ memory }, points, count, result) => {
    const at = Array.from({ length: count }, (_, i) => new Point(memory, points + i * Point.size))
    for (const { x, y } of at) console.log(`host: a point at ${x}, ${y}`)
    const center = new Point(memory, result)
    center.x = at.reduce((sum, { x }) => sum + x, 0) / count
    center.y = at.reduce((sum, { y }) => sum + y, 0) / count
  },
}

const module = new Engine().compile(parseWat(readFileSync(new URL('points.wat', import.meta.url))))
const instance = await module.instantiate({ host })
console.log('guest:', instance.exports.main())
