import { X } from 'lucide-react'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { IconButton } from './basics.tsx'

/**
 * The browser's own modal: it keeps the focus inside, closes on Escape and gives the focus back.
 *
 * @param kept only its buttons close it, not Escape nor a click beside it
 */
export function Dialog({
  open,
  onClose,
  title,
  wide = false,
  kept = false,
  children,
}: {
  open: boolean
  onClose: () => void
  title: string
  wide?: boolean
  kept?: boolean
  children: ReactNode
}) {
  const ref = useRef<HTMLDialogElement>(null)
  // Who selects a text and lets go beside the dialog has not clicked there.
  const pressed = useRef(false)
  const titleId = useId()
  useEffect(() => {
    const dialog = ref.current
    if (!dialog) return
    if (open && !dialog.open) {
      dialog.showModal()
      // What is asked for comes before the button that closes.
      dialog.querySelector<HTMLElement>('input:not([type=radio], [type=checkbox]), select, textarea')?.focus()
    }
    if (!open && dialog.open) dialog.close()
  }, [open])
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onCancel={(event) => {
        if (kept) event.preventDefault()
      }}
      onClose={() => {
        // A browser closes at the second Escape, whatever was said to the first.
        if (kept && open) ref.current?.showModal()
        else onClose()
      }}
      onPointerDown={(event) => {
        pressed.current = event.target === ref.current
      }}
      onClick={(event) => {
        if (!kept && pressed.current && event.target === ref.current) onClose()
      }}
      className={`m-auto max-h-[85dvh] w-[calc(100vw-1.5rem)] ${wide ? 'max-w-3xl' : 'max-w-xl'} overflow-hidden rounded-lg border border-line bg-raised p-0 text-ink shadow-float`}
    >
      {open && (
        <div className="flex max-h-[85dvh] flex-col">
          <header className="flex items-center justify-between gap-3 border-b border-line py-2 pr-2 pl-4">
            <h2 id={titleId} className="text-lg font-semibold">
              {title}
            </h2>
            <IconButton label="Close" icon={X} onClick={onClose} />
          </header>
          <div className="overflow-y-auto p-4">{children}</div>
        </div>
      )}
    </dialog>
  )
}

/** Asks for one line of text. */
export function AskDialog({
  open,
  title,
  label,
  initial = '',
  action,
  hint,
  onClose,
  onDone,
}: {
  open: boolean
  title: string
  label: string
  initial?: string
  action: string
  hint?: string
  onClose: () => void
  onDone: (text: string) => void
}) {
  const id = useId()
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const text = String(new FormData(event.currentTarget).get('text') ?? '').trim()
          if (text === '') return
          onClose()
          onDone(text)
        }}
      >
        <label htmlFor={id} className="mb-1 block text-sm font-medium">
          {label}
        </label>
        <input id={id} name="text" required maxLength={500} defaultValue={initial} autoComplete="off" className="field w-full" />
        {hint && <p className="mt-1.5 text-sm text-ink-3">{hint}</p>}
        <div className="mt-4 flex justify-end gap-2">
          <button type="button" onClick={onClose} className="rounded-md px-3 py-1.5 text-sm font-medium hover:bg-hover">
            Cancel
          </button>
          <button type="submit" className="rounded-md bg-accent px-3 py-1.5 text-sm font-medium text-on-accent hover:bg-accent-hover">
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
