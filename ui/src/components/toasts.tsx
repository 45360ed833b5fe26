// What just happened, with a way back. An action is done at once and can be undone; nothing asks "are you sure?".

import { X } from 'lucide-react'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { ApiError } from '../api/client.ts'
import { Button, IconButton, Key } from './basics.tsx'
import { useKeys } from './keys.tsx'

interface Toast {
  id: number
  text: string
  bad: boolean
  undo?: () => Promise<unknown> | void
}

const STAY_MILLIS = 10_000
let toasts: readonly Toast[] = []
let lastId = 0
const watchers = new Set<() => void>()

function change(next: readonly Toast[]): void {
  toasts = next
  for (const watcher of watchers) watcher()
}

function dismiss(id: number): void {
  change(toasts.filter((toast) => toast.id !== id))
}

export function say(text: string, undo?: Toast['undo']): void {
  change([...toasts.slice(-2), { id: ++lastId, text, bad: false, ...(undo ? { undo } : {}) }])
}

export function sayFailure(what: string, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  const request = error instanceof ApiError && error.requestId ? ` (request ${error.requestId})` : ''
  change([...toasts.slice(-2), { id: ++lastId, text: `${what}: ${message}${request}`, bad: true }])
}

/** Runs an action and says what came of it. */
export async function attempt(action: () => Promise<unknown>, done: string, undo?: () => Promise<unknown>): Promise<boolean> {
  try {
    await action()
    say(done, undo)
    return true
  } catch (error) {
    sayFailure('That did not work', error)
    return false
  }
}

async function runUndo(toast: Toast): Promise<void> {
  dismiss(toast.id)
  try {
    await toast.undo?.()
    say('Undone.')
  } catch (error) {
    sayFailure('It could not be undone', error)
  }
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => toasts,
  )
  useKeys('Everywhere', [
    {
      key: 'z',
      says: 'Undo what was just done',
      run: () => {
        const last = toasts.findLast((toast) => toast.undo)
        if (last) void runUndo(last)
      },
    },
  ])
  return (
    <div role="status" aria-live="polite" className="pointer-events-none fixed inset-x-3 bottom-16 z-60 grid justify-items-center gap-2 md:bottom-4">
      {shown.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </div>
  )
}

function ToastCard({ toast }: { toast: Toast }) {
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (held) return
    const timer = setTimeout(() => dismiss(toast.id), toast.bad ? STAY_MILLIS * 2 : STAY_MILLIS)
    return () => clearTimeout(timer)
  }, [held, toast])
  return (
    <div
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className={`pointer-events-auto flex max-w-xl items-center gap-3 rounded-lg border border-line bg-raised py-1.5 pr-1.5 pl-3.5 text-sm shadow-float ${toast.bad ? 'text-bad' : ''}`}
    >
      <span className="min-w-0 break-words">{toast.text}</span>
      {toast.undo && (
        <Button kind="quiet" onClick={() => void runUndo(toast)}>
          Undo <Key name="z" />
        </Button>
      )}
      <IconButton label="Dismiss" icon={X} onClick={() => dismiss(toast.id)} />
    </div>
  )
}
