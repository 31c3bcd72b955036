// The names of the name section and of the text format's identifiers: for people only, never trusted, never part of what a module means.
// https://webassembly.github.io/spec/core/appendix/custom.html#name-section

export type NameMap = ReadonlyMap<number, string>
export type IndirectNameMap = ReadonlyMap<number, NameMap>

export interface Names {
  readonly module?: string | undefined
  readonly funcs?: NameMap | undefined
  /** By function, then by local. */
  readonly locals?: IndirectNameMap | undefined
  /** By function, then by the label's position in the body. */
  readonly labels?: IndirectNameMap | undefined
  readonly types?: NameMap | undefined
  readonly tables?: NameMap | undefined
  readonly memories?: NameMap | undefined
  readonly globals?: NameMap | undefined
  readonly elems?: NameMap | undefined
  readonly datas?: NameMap | undefined
  /** By type, then by field. */
  readonly fields?: IndirectNameMap | undefined
  readonly tags?: NameMap | undefined
}

/** What names are given to, one to an index. */
export type NamedSpace = Exclude<keyof Names, 'module' | IndirectSpace>
/** What names are given to by an index of its own inside of something that has one. */
export type IndirectSpace = 'locals' | 'labels' | 'fields'
