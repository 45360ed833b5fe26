// A text in Markdown that can be read, written and looked at before it is saved.

import { Eye, Pencil } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { Button, Section, Skeleton } from './basics.tsx'
import { attempt } from './toasts.tsx'

const Markdown = lazy(() => import('./markdown.tsx').then((module) => ({ default: module.Markdown })))

interface MarkdownSectionProps {
  title: string
  text: string
  /** What to write, where nothing stands yet. */
  empty: string
  /** Told what stood there when writing began, for whoever must see that it was changed meanwhile. */
  save: (text: string, before: string) => Promise<unknown>
}

export function MarkdownSection({ title, text, empty, save }: MarkdownSectionProps) {
  const [draft, setDraft] = useState<string>()
  const [before, setBefore] = useState('')
  const [preview, setPreview] = useState(false)
  const [saving, setSaving] = useState(false)
  const name = title.toLowerCase()
  function begin(): void {
    setPreview(false)
    setBefore(text)
    setDraft(text)
  }
  async function finish(written: string): Promise<void> {
    if (saving) return
    setSaving(true)
    // What could not be saved stays, to be saved again.
    if (await attempt(() => save(written, before), `Saved the ${name}.`, () => save(before, written))) setDraft(undefined)
    setSaving(false)
  }
  return (
    <Section
      title={title}
      actions={
        draft === undefined ? (
          <Button kind="quiet" icon={Pencil} onClick={begin}>
            {text ? 'Edit' : 'Write'}
          </Button>
        ) : (
          <Button kind="quiet" icon={preview ? Pencil : Eye} onClick={() => setPreview(!preview)}>
            {preview ? 'Write on' : 'Preview'}
          </Button>
        )
      }
    >
      {draft !== undefined ? (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void finish(draft)
          }}
        >
          {preview ? (
            <div className="min-h-40 rounded-md border border-line p-3">{draft.trim() ? <Shown text={draft} /> : <p className="text-ink-2">Nothing is written yet.</p>}</div>
          ) : (
            <textarea
              autoFocus
              aria-label={`${title} in Markdown`}
              value={draft}
              readOnly={saving}
              onChange={(event) => setDraft(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit()
              }}
              rows={10}
              className="field w-full font-mono"
            />
          )}
          <div className="mt-2 flex flex-wrap items-center justify-between gap-2">
            <span className="text-sm text-ink-3">Markdown. HTML is shown as text.</span>
            <span className="flex gap-2">
              <Button kind="quiet" onClick={() => setDraft(undefined)} disabled={saving}>
                Cancel
              </Button>
              <Button kind="primary" type="submit" disabled={saving}>
                Save
              </Button>
            </span>
          </div>
        </form>
      ) : text ? (
        <Shown text={text} />
      ) : (
        <p className="text-ink-2">{empty}</p>
      )}
    </Section>
  )
}

function Shown({ text }: { text: string }) {
  return (
    <Suspense fallback={<Skeleton />}>
      <Markdown text={text} />
    </Suspense>
  )
}
