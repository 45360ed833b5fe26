import { useSyncExternalStore } from 'react'

// One timer for everything on the page that shows how long ago something was.
const TICK_MILLIS = 5_000
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const watchers = new Set<() => void>()

function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of watchers) each()
  }, TICK_MILLIS)
  return () => {
    watchers.delete(watcher)
    if (watchers.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** The time, at most a few seconds old. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => (timer === undefined ? (now = Math.max(now, Date.now() - (Date.now() % TICK_MILLIS))) : now))
}
