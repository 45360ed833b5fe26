// A file on its way into a dataset: what was found in it, how its columns fit, and then the commit.

import { useQueryClient } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, Diff } from 'lucide-react'
import { useEffect, useState } from 'react'
import { commitFile, type Committed, type FileCommit, type FileView } from '../api/lake.ts'
import { Badge, Button, ErrorState } from '../components/basics.tsx'
import { Choice, Field } from '../components/form-dialog.tsx'
import { Progress, useOperation } from '../components/operation.tsx'
import { fatesOf, mappingOf, missingOf, type ColumnFate, type Mapped } from '../lib/file-mapping.ts'
import { formatCount, plural } from '../lib/format.ts'

interface DatasetFileProps {
  dataset: string
  /** Names of its columns; empty while it is not there. */
  known: readonly string[]
  view: FileView
  onDone: (made: Committed) => void
  onBack: () => void
}

const PREVIEWED = 10

export function DatasetFile({ dataset, known, view, onDone, onBack }: DatasetFileProps) {
  const client = useQueryClient()
  const isNew = view.diff === undefined
  const [mapped, setMapped] = useState<Mapped>({})
  const [mode, setMode] = useState<FileCommit['mode']>(isNew ? 'create' : 'append')
  const [evolve, setEvolve] = useState(false)
  const [message, setMessage] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const watched = useOperation()
  const fates = fatesOf(view, known, mapped)
  const missing = missingOf(fates, known)
  const added = fates.filter(({ kind }) => kind === 'new')
  const unsettled = fates.filter(({ perhaps, kind }) => perhaps !== undefined || kind === 'unnamed')
  const changes = !isNew && (added.length > 0 || missing.length > 0 || (view.diff?.retyped.length ?? 0) > 0)
  const map = (place: number, to: string | undefined) =>
    setMapped((old) => {
      const { [place]: _, ...rest } = old
      return to === undefined ? rest : { ...rest, [place]: to }
    })
  const finish = (made: Committed) => {
    void client.invalidateQueries({ queryKey: ['lake'] })
    onDone(made)
  }
  const { operation } = watched
  useEffect(() => {
    if (operation?.state === 'succeeded') finish(operation.result as Committed)
  }, [operation?.state])
  const commit = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      const made = await commitFile(dataset, { upload: view.upload, mode, mapping: mappingOf(view, mapped), evolve, message: message.trim() })
      if ('operation_id' in made) await watched.begin(() => Promise.resolve(made))
      else finish(made)
    } catch (failure) {
      setProblem(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      className="grid grid-cols-[minmax(0,1fr)] gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void commit()
      }}
    >
      <p className="text-ink-2">
        {view.format.toUpperCase()} with {plural(view.columns.length, 'column')}; types are from {plural(view.sampled_rows, 'row')}.
      </p>
      {view.problems.length > 0 && <Problems problems={view.problems} />}
      {view.diff && <Difference view={view} fates={fates} missing={missing} map={map} />}
      <Columns fates={fates} known={known} isNew={isNew} map={map} missing={missing} />
      <Preview view={view} />
      <div className="grid gap-3 sm:grid-cols-2">
        {!isNew && (
          <Choice
            label="The rows"
            value={mode}
            onChange={(event) => setMode(event.target.value as FileCommit['mode'])}
            options={[
              { value: 'append', label: 'are added to those there' },
              { value: 'overwrite', label: 'take the place of those there' },
            ]}
            hint="Either way it is a version of its own, and one can roll back."
          />
        )}
        <Field label="Message" value={message} onChange={(event) => setMessage(event.target.value)} maxLength={1000} hint="What to keep with the version." />
      </div>
      {changes && (
        <label className="flex items-start gap-2">
          <input type="checkbox" className="mt-1" checked={evolve} onChange={(event) => setEvolve(event.target.checked)} />
          <span>
            Evolve the dataset
            <span className="block text-sm text-ink-3">New columns are added, missing ones get no values, and types become wider where Iceberg allows it.</span>
          </span>
        </label>
      )}
      {(problem ?? watched.error) !== undefined && <ErrorState error={problem ?? watched.error} what="Nothing was committed" />}
      {watched.busy && <Progress operation={operation}>Writing the version …</Progress>}
      <div className="flex flex-wrap items-center justify-end gap-2">
        {unsettled.length > 0 && <span className="mr-auto text-sm text-warn">Say first what becomes of {unsettled.map(({ name, place }) => name || `column ${place + 1}`).join(', ')}.</span>}
        <Button kind="quiet" onClick={onBack} disabled={busy || watched.busy}>
          Another file
        </Button>
        <Button kind="primary" type="submit" disabled={busy || watched.busy || unsettled.length > 0}>
          {isNew ? 'Create the dataset' : 'Commit the version'}
        </Button>
      </div>
    </form>
  )
}

function Problems({ problems }: { problems: readonly string[] }) {
  return (
    <section aria-label="Problems" className="rounded-md border border-line bg-bad-soft p-3 text-sm">
      <h3 className="flex items-center gap-1.5 font-semibold text-bad">
        <CircleAlert aria-hidden size={15} /> {plural(problems.length, 'problem')} in the first lines
      </h3>
      <ul tabIndex={0} className="mt-1.5 max-h-40 overflow-y-auto font-mono text-xs">
        {problems.map((problem, i) => (
          <li key={i} className="break-words">
            {problem}
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What the server found, as far as the mapping has not settled it. */
function Difference({ view, fates, missing, map }: { view: FileView; fates: readonly ColumnFate[]; missing: readonly string[]; map: (place: number, to: string | undefined) => void }) {
  const diff = view.diff!
  const added = fates.filter(({ kind, perhaps }) => kind === 'new' && perhaps === undefined)
  const guesses = fates.filter(({ perhaps }) => perhaps !== undefined)
  const lost = missing.filter((name) => guesses.every(({ perhaps }) => perhaps !== name))
  const retyped = diff.retyped.filter((name) => fates.some(({ becomes, kind }) => becomes === name && kind === 'same'))
  if (guesses.length + added.length + lost.length + retyped.length === 0) {
    return (
      <p className="flex items-center gap-1.5 text-good">
        <CircleCheck aria-hidden size={15} /> Its columns fit the dataset{diff.reordered ? '; their order differs, which changes nothing' : ''}.
      </p>
    )
  }
  return (
    <section aria-label="How the columns differ" className="rounded-md border border-line p-3 text-sm">
      <h3 className="mb-1.5 flex items-center gap-1.5 font-semibold">
        <Diff aria-hidden size={15} /> How the columns differ
      </h3>
      <ul className="grid gap-1.5">
        {guesses.map(({ name, place, perhaps }) => (
          <li key={`~${place}`} className="flex flex-wrap items-center gap-2">
            <Badge tone="warn">renamed?</Badge>
            <span className="min-w-0">
              <code className="font-mono">{name}</code> is probably <code className="font-mono">{perhaps}</code> under another name.
            </span>
            <Button onClick={() => map(place, perhaps)}>It is {perhaps}</Button>
            <Button kind="quiet" onClick={() => map(place, name)}>
              It is a new column
            </Button>
          </li>
        ))}
        {added.map(({ becomes, place, type }) => (
          <li key={`+${place}`} className="flex flex-wrap items-center gap-2">
            <Badge tone="good">new</Badge>
            <span>
              <code className="font-mono">{becomes}</code> ({type}) is not in the dataset.
            </span>
          </li>
        ))}
        {lost.map((name) => (
          <li key={`-${name}`} className="flex flex-wrap items-center gap-2">
            <Badge tone="bad">missing</Badge>
            <span>
              <code className="font-mono">{name}</code> is not in the file.
            </span>
          </li>
        ))}
        {retyped.map((name) => (
          <li key={`!${name}`} className="flex flex-wrap items-center gap-2">
            <Badge tone="bad">type</Badge>
            <span className="break-words">{diff.text.split('\n').find((line) => line.includes(`! '${name}'`))?.replace(/^\s*!\s*/, '') ?? `'${name}' has another type`}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

const FATES: Record<ColumnFate['kind'], { label: string; tone: 'plain' | 'good' | 'bad' | 'warn' | 'accent' } | undefined> = {
  same: undefined,
  renamed: { label: 'renamed', tone: 'accent' },
  new: { label: 'new', tone: 'good' },
  out: { label: 'left out', tone: 'plain' },
  unnamed: { label: 'needs a name', tone: 'bad' },
}

const UNSETTLED = { label: 'renamed?', tone: 'warn' } as const

function Columns({ fates, known, isNew, map, missing }: { fates: readonly ColumnFate[]; known: readonly string[]; isNew: boolean; map: (place: number, to: string | undefined) => void; missing: readonly string[] }) {
  return (
    <div className="max-h-72 overflow-auto rounded-md border border-line" tabIndex={0} role="group" aria-label="Columns of the file">
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-left text-xs text-ink-2">
            <th scope="col" className="px-3 py-1.5 font-semibold">
              In the file
            </th>
            <th scope="col" className="px-2 py-1.5 font-semibold">
              Type
            </th>
            <th scope="col" className="px-2 py-1.5 font-semibold">
              In the dataset
            </th>
          </tr>
        </thead>
        <tbody>
          {fates.map((fate) => {
            const { place, name, type, becomes, kind } = fate
            const mark = fate.perhaps !== undefined ? UNSETTLED : FATES[kind]
            const label = `What becomes of ${name || `column ${place + 1}`}`
            return (
              <tr key={place} className="border-b border-line last:border-0">
                <th scope="row" className="px-3 py-1 text-left font-mono text-xs font-medium">
                  {name || <span className="text-ink-3">column {place + 1}</span>}
                </th>
                <td className="px-2 py-1 font-mono text-xs text-ink-2">{type}</td>
                <td className="px-2 py-1">
                  <span className="flex items-center gap-2">
                    {isNew ? (
                      <input aria-label={label} value={becomes} onChange={(event) => map(place, event.target.value === name ? undefined : event.target.value)} placeholder="left out" className="field w-full font-mono" spellCheck={false} />
                    ) : (
                      <select aria-label={label} value={kind === 'out' ? '' : becomes} onChange={(event) => map(place, event.target.value === name && !fate.perhaps && known.includes(name) ? undefined : event.target.value)} className="field w-full">
                        {[...new Set([becomes, name, ...missing])]
                          .filter((each) => each.trim() !== '')
                          .map((each) => (
                            <option key={each} value={each}>
                              {known.includes(each) ? each : `${each} (new)`}
                            </option>
                          ))}
                        {name.trim() === '' && becomes.trim() === '' && kind !== 'out' && <option value={becomes}>choose</option>}
                        <option value="">leave it out</option>
                      </select>
                    )}
                    {mark && <Badge tone={mark.tone}>{mark.label}</Badge>}
                  </span>
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function Preview({ view }: { view: FileView }) {
  if (view.preview.length === 0) return <p className="text-ink-2">There is no row in it.</p>
  return (
    <details>
      <summary className="cursor-pointer text-sm font-medium">The first {formatCount(Math.min(PREVIEWED, view.preview.length))} rows</summary>
      <div className="mt-2 overflow-x-auto rounded-md border border-line" tabIndex={0} role="group" aria-label="First rows">
        <table className="text-xs">
          <thead>
            <tr className="border-b border-line text-left text-ink-2">
              {view.columns.map(({ name }, i) => (
                <th key={i} scope="col" className="px-2 py-1 font-semibold whitespace-nowrap">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="font-mono">
            {view.preview.slice(0, PREVIEWED).map((row, i) => (
              <tr key={i} className="border-b border-line last:border-0">
                {row.map((cell, j) => (
                  <td key={j} className="max-w-56 truncate px-2 py-1">
                    {cell ?? <span className="text-ink-3">null</span>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
