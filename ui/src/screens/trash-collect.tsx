// Taking things away for good: what would go, a word typed by hand, and how far it is.

import { CircleCheck, Flame } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import { collectTrash, urnOf, type Collected, type TrashItem } from '../api/admin.ts'
import { Button, ErrorState, Skeleton } from '../components/basics.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Progress, useOperation } from '../components/operation.tsx'
import { formatBytes, plural } from '../lib/format.ts'

const WORD = 'for good'
const SHOWN = 6

/** Without items it is about the whole trash. */
export function CollectDialog({ items, open, onClose, onDone }: { items: readonly TrashItem[] | undefined; open: boolean; onClose: () => void; onDone: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={items ? `Take away ${plural(items.length, 'thing')} for good` : 'Empty the trash'}>
      <Collect items={items} onClose={onClose} onDone={onDone} />
    </Dialog>
  )
}

function Collect({ items, onClose, onDone }: { items: readonly TrashItem[] | undefined; onClose: () => void; onDone: () => void }) {
  // What was chosen when the dialog opened: the table behind it goes on.
  const [chosen] = useState(items)
  const [urns] = useState(() => items?.map(urnOf))
  const preview = useOperation()
  const real = useOperation()
  const [typed, setTyped] = useState('')
  const id = useId()
  const { begin } = preview
  useEffect(() => void begin(() => collectTrash(urns, true)), [begin, urns])
  const state = real.operation?.state
  const ended = state !== undefined && state !== 'running'
  useEffect(() => {
    if (ended) onDone()
  }, [ended])

  if (real.error) return <ErrorState error={real.error} what="It was not finished. What is gone is gone; the rest lies in the trash as before" />
  if (real.busy) {
    const { things = 0, files = 0 } = real.operation?.progress ?? {}
    return <Progress operation={real.operation}>{`Taken away so far: ${plural(things, 'thing')}, ${plural(files, 'file')}`}</Progress>
  }
  if (state === 'cancelled') return <Done text="Stopped. What was taken away until then is gone; the rest lies in the trash as before." onClose={onClose} />
  const done = real.operation?.result as Collected | undefined
  if (done) {
    const left = done.left.length > 0 ? ` ${plural(done.left.length, 'thing')} had left the trash meanwhile and ${done.left.length === 1 ? 'stays' : 'stay'}.` : ''
    return <Done text={`${plural(done.things, 'thing')} with ${plural(done.files, 'file')} are gone. The store holds ${formatBytes(done.freed_bytes)} less.${left}`} onClose={onClose} />
  }

  const would = preview.operation?.result as Collected | undefined
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (typed.trim() === WORD) void real.begin(() => collectTrash(urns, false))
      }}
    >
      {chosen && (
        <ul className="mb-3 list-disc pl-5 text-sm">
          {chosen.slice(0, SHOWN).map((item) => (
            <li key={urnOf(item)} className="break-words">
              {item.name || item.id}
              {item.kind === 'experiment' && <span className="text-ink-2"> with all that is in it</span>}
            </li>
          ))}
          {chosen.length > SHOWN && <li className="text-ink-2">and {chosen.length - SHOWN} more</li>}
        </ul>
      )}
      {preview.error ? (
        <ErrorState error={preview.error} what="What would go could not be added up" />
      ) : would ? (
        <p className="text-ink-2">
          {plural(would.things, 'thing')} with {plural(would.files, 'file')} of {formatBytes(would.bytes)} go. The store then holds {formatBytes(would.freed_bytes)} less.
        </p>
      ) : (
        <Skeleton lines={1} label="Adding up" />
      )}
      <p className="mt-2 font-medium text-bad">This cannot be undone: rows, metrics and files are gone. The audit trail keeps that they were there.</p>
      <label htmlFor={id} className="mt-3 mb-1 block text-sm font-medium">
        Type “{WORD}” to go on
      </label>
      <input id={id} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" className="field w-full" />
      <div className="mt-4 flex justify-end gap-2">
        <Button kind="quiet" onClick={onClose}>
          Keep them
        </Button>
        <Button kind="danger" type="submit" icon={Flame} disabled={typed.trim() !== WORD || preview.error !== undefined}>
          Take away
        </Button>
      </div>
    </form>
  )
}

function Done({ text, onClose }: { text: string; onClose: () => void }) {
  return (
    <div role="status" className="grid gap-4">
      <p className="flex items-start gap-2">
        <CircleCheck aria-hidden size={18} className="mt-0.5 shrink-0 text-good" />
        {text}
      </p>
      <div className="flex justify-end">
        <Button kind="primary" onClick={onClose}>
          Close
        </Button>
      </div>
    </div>
  )
}
