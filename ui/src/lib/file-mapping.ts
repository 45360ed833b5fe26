// What becomes of a file's columns when it is made a version of a dataset.

import type { FileCommit, FileView } from '../api/lake.ts'

/** By the place of a file's column: the name it gets, empty to leave it out. Absent, it goes as it is called. */
export type Mapped = Readonly<Record<number, string>>

export interface ColumnFate {
  place: number
  name: string
  type: string
  /** Its name in the dataset; empty when it is left out. */
  becomes: string
  kind: 'same' | 'renamed' | 'new' | 'out' | 'unnamed'
  /** The column of the dataset that it probably is, while nobody has said so. */
  perhaps?: string
}

/** How the columns of a file stand to those of the dataset; `known` is empty for a dataset that is not there yet. */
export function fatesOf(view: FileView, known: readonly string[], mapped: Mapped): ColumnFate[] {
  const renames = new Map(view.diff?.renames.map(({ file, dataset }) => [file, dataset]))
  return view.columns.map(({ name, type }, place) => {
    const chosen = mapped[place]
    const becomes = chosen ?? name
    const fate: ColumnFate = { place, name, type, becomes, kind: kindOf(chosen, becomes, name, known) }
    const perhaps = chosen === undefined ? renames.get(name) : undefined
    return perhaps === undefined ? fate : { ...fate, perhaps }
  })
}

function kindOf(chosen: string | undefined, becomes: string, name: string, known: readonly string[]): ColumnFate['kind'] {
  if (chosen === '') return 'out'
  if (becomes.trim() === '') return 'unnamed'
  if (known.length > 0 && !known.includes(becomes)) return 'new'
  return becomes === name ? 'same' : 'renamed'
}

/** As the server takes it: by name where that says which, else by place. */
export function mappingOf(view: FileView, mapped: Mapped): NonNullable<FileCommit['mapping']> {
  const names = view.columns.map(({ name }) => name.toLowerCase())
  return Object.fromEntries(
    Object.entries(mapped).map(([place, to]) => {
      const name = view.columns[Number(place)]!.name
      const says = name.trim() !== '' && names.filter((each) => each === name.toLowerCase()).length === 1
      return [says ? name : `#${Number(place) + 1}`, to === '' ? null : to]
    }),
  )
}

/** Columns of the dataset that get no value from the file. */
export const missingOf = (fates: readonly ColumnFate[], known: readonly string[]): string[] => known.filter((name) => fates.every(({ becomes }) => becomes !== name))
