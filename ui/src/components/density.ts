// How close the rows of tables stand. It belongs to the person: it stays in this browser.

import { useSyncExternalStore } from 'react'

export type Density = 'comfortable' | 'compact'

const PLACE = 'millwright.density'
const ROWS: Record<Density, number> = { comfortable: 34, compact: 26 }
const watchers = new Set<() => void>()
let density: Density = localStorage.getItem(PLACE) === 'compact' ? 'compact' : 'comfortable'

export function chooseDensity(next: Density): void {
  density = next
  localStorage.setItem(PLACE, next)
  for (const watcher of watchers) watcher()
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

export function useDensity(): Density {
  return useSyncExternalStore(watch, () => density)
}

/** In pixels. */
export function useRowHeight(): number {
  return ROWS[useDensity()]
}
