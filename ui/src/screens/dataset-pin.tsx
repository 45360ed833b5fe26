import { pinVersion } from '../api/lake.ts'
import { Field, FormDialog, textIn } from '../components/form-dialog.tsx'
import { say } from '../components/toasts.tsx'

const KINDS = ['legal-hold', 'model', 'validated-dataset', 'report'].map((value) => ({ value }))

/** Keeps a version, or all of them, from being removed. */
export function PinDialog({ dataset, version, onClose }: { dataset: string; version: number | 'all' | undefined; onClose: () => void }) {
  return (
    <FormDialog
      open={version !== undefined}
      title={version === 'all' ? 'Pin all versions' : `Pin version ${version ?? ''}`}
      action="Pin"
      onClose={onClose}
      onDone={async (fields) => {
        const pin = { kind: textIn(fields, 'kind'), holder: textIn(fields, 'holder'), reason: textIn(fields, 'reason') }
        await pinVersion(dataset, version === 'all' ? pin : { ...pin, version: String(version) })
        say('Pinned.')
      }}
    >
      <p className="text-ink-2">What is pinned is not removed, whatever its age, until every pin on it is taken away.</p>
      <Field label="Kind" name="kind" required options={KINDS} defaultValue="report" hint="A legal-hold takes the right to manage the dataset." />
      <Field label="For whom or what" name="holder" required placeholder="model-version:churn/3" pattern="[a-z\-]+:.+" title="A URN such as model-version:churn/3" hint="A URN: model-version:churn/3, run:…, user:ann." />
      <Field label="Reason" name="reason" />
    </FormDialog>
  )
}
