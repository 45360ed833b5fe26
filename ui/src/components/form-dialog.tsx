// A dialog that asks for several things and stays open, with what was typed, until the server has taken them.

import { useId, useState, type ComponentPropsWithRef, type ReactNode } from 'react'
import { Button, ErrorState } from './basics.tsx'
import { Dialog } from './dialog.tsx'

interface FormDialogProps {
  open: boolean
  title: string
  action: string
  danger?: boolean
  /** Throws what the server refused; answers false to stay open. */
  onDone: (fields: FormData) => Promise<unknown>
  onClose: () => void
  children: ReactNode
}

/** It stays while the server is asked: what is answered then is told once. */
export function FormDialog({ open, title, onClose, ...rest }: FormDialogProps) {
  const [busy, setBusy] = useState(false)
  return (
    <Dialog open={open} kept={busy} onClose={() => busy || onClose()} title={title}>
      <Form onClose={onClose} busy={busy} setBusy={setBusy} {...rest} />
    </Dialog>
  )
}

function Form({ action, danger = false, onDone, onClose, busy, setBusy, children }: Omit<FormDialogProps, 'open' | 'title'> & { busy: boolean; setBusy: (busy: boolean) => void }) {
  const [problem, setProblem] = useState<unknown>()
  const submit = async (fields: FormData) => {
    if (busy) return
    setBusy(true)
    setProblem(undefined)
    try {
      if ((await onDone(fields)) !== false) onClose()
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void submit(new FormData(event.currentTarget))
      }}
    >
      <div className="grid gap-3">
        {children}
        {problem !== undefined && <ErrorState error={problem} what="That did not work" />}
      </div>
      <div className="mt-4 flex justify-end gap-2">
        <Button kind="quiet" onClick={onClose} disabled={busy}>
          Cancel
        </Button>
        <Button kind={danger ? 'danger' : 'primary'} type="submit" disabled={busy}>
          {action}
        </Button>
      </div>
    </form>
  )
}

export function textIn(fields: FormData, name: string): string {
  return String(fields.get(name) ?? '').trim()
}

export interface Option {
  value: string
  label?: string
}

interface FieldProps extends ComponentPropsWithRef<'input'> {
  label: string
  hint?: ReactNode
  /** What is suggested; anything else may be typed, too. */
  options?: readonly Option[]
}

export function Field({ label, hint, options, className = '', ...rest }: FieldProps) {
  const id = useId()
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <input id={id} autoComplete="off" aria-describedby={hint ? `${id}-hint` : undefined} list={options ? `${id}-options` : undefined} className="field w-full" {...rest} />
      {options && (
        <datalist id={`${id}-options`}>
          {options.map(({ value, label: text }) => (
            <option key={value} value={value} label={text} />
          ))}
        </datalist>
      )}
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-sm text-ink-3">
          {hint}
        </p>
      )}
    </div>
  )
}

export function Choice({ label, hint, options, ...rest }: { label: string; hint?: ReactNode; options: readonly Option[] } & ComponentPropsWithRef<'select'>) {
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <select id={id} aria-describedby={hint ? `${id}-hint` : undefined} className="field w-full" {...rest}>
        {options.map(({ value, label: text }) => (
          <option key={value} value={value}>
            {text ?? value}
          </option>
        ))}
      </select>
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-sm text-ink-3">
          {hint}
        </p>
      )}
    </div>
  )
}

/** For what cannot be undone: its name has to be typed. */
export function ConfirmDialog({ open, title, name, action, children, onDone, onClose }: { open: boolean; title: string; name: string; action: string; children: ReactNode; onDone: () => Promise<unknown>; onClose: () => void }) {
  return (
    <FormDialog open={open} title={title} action={action} danger onClose={onClose} onDone={onDone}>
      <div className="text-ink-2">{children}</div>
      <Field label={`Type ${name} to go on`} name="confirmed" required pattern={escaped(name)} title={`Type ${name}`} spellCheck={false} />
    </FormDialog>
  )
}

/** As a pattern of an input, which is compiled with the flag v. */
function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/\-&!#%,:;<=>@`~]/g, '\\$&')
}
