// What is made for a thing of the store the first time it is asked for, and is the same every time after.

export function once<K extends object, V>(made: WeakMap<K, V>, key: K, make: () => V): V {
  let value = made.get(key)
  if (value === undefined) {
    value = make()
    made.set(key, value)
  }
  return value
}
