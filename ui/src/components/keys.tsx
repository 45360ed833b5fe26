// Keys of the page. Screens say what theirs do; `?` lists them.

import { useEffect, useRef, useSyncExternalStore } from 'react'
import { keyOf } from '../lib/keys.ts'
import { Dialog } from './dialog.tsx'
import { Key } from './basics.tsx'

export interface KeyAction {
  key: string
  says: string
  run: () => void
  /** Also while a field has the focus. */
  always?: boolean
}

let groups: readonly { name: string; actions: readonly KeyAction[] }[] = []
const watchers = new Set<() => void>()

function change(next: typeof groups): void {
  groups = next
  for (const watcher of watchers) watcher()
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || document.querySelector('dialog[open]')) return
  const pressed = keyOf(event)
  // The editor of code has a document of its own, whose inside the event's target does not tell.
  const [target] = event.composedPath()
  const inField = target instanceof Element && target.closest('input:not([type=checkbox]), textarea, select, [contenteditable]') !== null
  // The newest screen's keys come first.
  for (const { actions } of [...groups].reverse()) {
    const action = actions.find((each) => each.key === pressed && (!inField || each.always))
    if (!action) continue
    event.preventDefault()
    action.run()
    return
  }
}

if (typeof window !== 'undefined') window.addEventListener('keydown', onKeyDown)

/** While the caller is shown, these keys work. `name` heads them in the list of keys. */
export function useKeys(name: string, actions: readonly KeyAction[]): void {
  const latest = useRef(actions)
  useEffect(() => {
    latest.current = actions
  })
  const signature = actions.map(({ key, says }) => `${key}\u0000${says}`).join('\n')
  useEffect(() => {
    const live = latest.current.map((action, i) => ({ ...action, run: () => latest.current[i]?.run() }))
    const group = { name, actions: live }
    change([...groups, group])
    return () => change(groups.filter((each) => each !== group))
  }, [name, signature])
}

export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const shown = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => groups,
  )
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      <div className="grid gap-5 sm:grid-cols-2">
        {merged(shown).map(({ name, actions }) => (
          <section key={name}>
            <h3 className="mb-1.5 text-sm font-semibold">{name}</h3>
            <dl className="grid grid-cols-[auto_1fr] items-center gap-x-3 gap-y-1 text-sm">
              {actions.map(({ key, says }) => (
                <div key={key} className="contents">
                  <dt>
                    <Key name={key} />
                  </dt>
                  <dd className="text-ink-2">{says}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

/** Groups of one name are one; what works everywhere comes last. */
function merged(shown: typeof groups): typeof groups {
  const byName = Map.groupBy(shown, ({ name }) => name)
  return [...byName]
    .map(([name, parts]) => ({ name, actions: parts.flatMap(({ actions }) => actions) }))
    .sort((a, b) => Number(a.name === 'Everywhere') - Number(b.name === 'Everywhere'))
}
