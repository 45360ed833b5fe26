// Files that become a dataset, or a version of one that is there.

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { datasetQuery, sendFile, type FileView, type Reading } from '../api/lake.ts'
import { Button, ErrorState } from '../components/basics.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Choice, Field, textIn } from '../components/form-dialog.tsx'
import { say } from '../components/toasts.tsx'
import { DatasetFile } from './dataset-file.tsx'

interface Sent {
  dataset: string
  view: FileView
}

/** @param dataset where the file goes; asked for when it is not given */
export function NewDataset({ open, dataset, onClose }: { open: boolean; dataset?: string; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title={dataset ? `A file for ${dataset}` : 'New dataset from a file'} wide>
      <Steps dataset={dataset} onClose={onClose} />
    </Dialog>
  )
}

function Steps({ dataset, onClose }: { dataset: string | undefined; onClose: () => void }) {
  const navigate = useNavigate()
  const [sent, setSent] = useState<Sent>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  // It may be there already, whoever made it.
  const there = useQuery({ ...datasetQuery(sent?.dataset ?? ''), enabled: sent?.view.diff !== undefined })
  const known = (there.data?.columns ?? []).map(({ path }) => path).filter((path) => !path.includes('.'))
  const send = async (fields: FormData) => {
    const file = fields.get('file')
    if (busy || !(file instanceof File)) return
    const name = dataset ?? textIn(fields, 'name')
    setBusy(true)
    setProblem(undefined)
    try {
      setSent({ dataset: name, view: await sendFile(name, file, readingIn(fields)) })
    } catch (failure) {
      setProblem(failure)
    } finally {
      setBusy(false)
    }
  }
  const looked = sent && (sent.view.diff === undefined || there.data) ? sent : undefined
  return (
    <>
      {looked && (
        <DatasetFile
          key={looked.view.upload}
          dataset={looked.dataset}
          known={known}
          view={looked.view}
          onBack={() => setSent(undefined)}
          onDone={({ number }) => {
            onClose()
            say(`Committed version ${number ?? ''} of ${looked.dataset}.`)
            if (!dataset) void navigate({ to: '/datasets/$name', params: { name: looked.dataset } })
          }}
        />
      )}
      <form
        className={looked ? 'hidden' : 'grid gap-3'}
        onSubmit={(event) => {
          event.preventDefault()
          void send(new FormData(event.currentTarget))
        }}
      >
        {!dataset && <Field label="Name" name="name" required placeholder="census.people" spellCheck={false} pattern=".+\..+" title="A namespace, a dot and a name" hint="Its namespace, a dot, its name. Namespaces nest by dots and are made when they are new." />}
        <Field label="File" name="file" type="file" required accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,.parquet,.gz" hint="CSV, JSON, JSONL or Parquet; gzip too. First you see what was found in it; nothing is committed yet." />
        <ReadingFields />
        {(problem ?? there.error) ? <ErrorState error={problem ?? there.error} what="The file could not be looked at" /> : null}
        <div className="flex justify-end gap-2">
          <Button kind="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" disabled={busy || there.isFetching}>
            {busy ? 'Looking at it …' : 'Look at it'}
          </Button>
        </div>
      </form>
    </>
  )
}

const READING = ['delimiter', 'header', 'encoding', 'date_format', 'timestamp_format', 'decimal', 'null'] as const

function readingIn(fields: FormData): Reading {
  return Object.fromEntries(READING.map((name) => [name, String(fields.get(name) ?? '')]).filter(([, value]) => value !== ''))
}

/** For files that say too little of themselves. */
function ReadingFields() {
  return (
    <details>
      <summary className="cursor-pointer text-sm font-medium">How the CSV is written</summary>
      <p className="mt-1 text-sm text-ink-3">What is left empty is found out.</p>
      <div className="mt-2 grid gap-3 sm:grid-cols-2">
        <Field label="Between values" name="delimiter" maxLength={4} placeholder="; or \t" spellCheck={false} />
        <Choice
          label="First line"
          name="header"
          options={[
            { value: '', label: 'is found out' },
            { value: 'true', label: 'names the columns' },
            { value: 'false', label: 'is a row' },
          ]}
        />
        <Choice label="Encoding" name="encoding" options={[{ value: '', label: 'UTF-8' }, { value: 'latin-1', label: 'Latin-1 (ISO 8859-1)' }, { value: 'utf-16', label: 'UTF-16' }]} />
        <Choice
          label="Numbers"
          name="decimal"
          options={[
            { value: '', label: 'as 1.5' },
            { value: ',', label: 'as 1,5' },
          ]}
        />
        <Field label="Dates" name="date_format" placeholder="%d.%m.%Y" spellCheck={false} />
        <Field label="Times" name="timestamp_format" placeholder="%d.%m.%Y %H:%M" spellCheck={false} />
        <Field label="No value is written as" name="null" placeholder="NA" spellCheck={false} hint="Beside the empty text." />
      </div>
    </details>
  )
}
