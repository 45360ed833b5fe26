import { useQueryClient } from '@tanstack/react-query'
import { ApiError } from '../api/client.ts'
import { saveQuery, savedQueryQuery, type SavedQuery } from '../api/sql.ts'
import { Field, FormDialog, textIn } from '../components/form-dialog.tsx'
import { say } from '../components/toasts.tsx'

/** Keeps a query under a name; one that somebody else has changed or taken is not overwritten. */
export function SaveDialog({ open, sql, current, onClose, onSaved }: { open: boolean; sql: string; current: SavedQuery | undefined; onClose: () => void; onSaved: (name: string) => void }) {
  const client = useQueryClient()
  return (
    <FormDialog
      open={open}
      title="Save the query"
      action="Save"
      onClose={onClose}
      onDone={async (fields) => {
        const name = textIn(fields, 'name')
        const same = current !== undefined && current.name === name
        try {
          const saved = await saveQuery(name, { sql, description: textIn(fields, 'description') }, same ? current.edition : 0)
          client.setQueryData(savedQueryQuery(name).queryKey, saved)
        } catch (error) {
          if (!same && error instanceof ApiError && error.status === 412) throw new Error(`There is a saved query ${name} already. Open it to change it, or choose another name.`)
          throw error
        }
        void client.invalidateQueries({ queryKey: ['sql', 'saved'] })
        say(`Saved ${name}.`)
        onSaved(name)
      }}
    >
      <Field label="Name" name="name" required maxLength={100} defaultValue={current?.name ?? ''} placeholder="people by region" hint="Others find it under this name, and its link stays." />
      <Field label="Description" name="description" maxLength={2000} defaultValue={current?.description ?? ''} />
    </FormDialog>
  )
}
