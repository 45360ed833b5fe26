import { useId } from 'react'
import { Button } from './basics.tsx'
import { Dialog } from './dialog.tsx'

export function TagDialog({ open, title, onClose, onDone }: { open: boolean; title: string; onClose: () => void; onDone: (key: string, value: string) => void }) {
  const id = useId()
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const data = new FormData(event.currentTarget)
          const key = String(data.get('key') ?? '').trim()
          if (key === '') return
          onClose()
          onDone(key, String(data.get('value') ?? ''))
        }}
      >
        <div className="grid gap-3 sm:grid-cols-2">
          <div>
            <label htmlFor={`${id}-key`} className="mb-1 block text-sm font-medium">
              Key
            </label>
            <input id={`${id}-key`} name="key" required maxLength={250} autoComplete="off" className="field w-full" />
          </div>
          <div>
            <label htmlFor={`${id}-value`} className="mb-1 block text-sm font-medium">
              Value
            </label>
            <input id={`${id}-value`} name="value" maxLength={5000} autoComplete="off" className="field w-full" />
          </div>
        </div>
        <div className="mt-4 flex justify-end gap-2">
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit">
            Set tag
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
