// A row for an endpoint, typed by hand, its answer, and the same call as programs write it.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Play, WandSparkles } from 'lucide-react'
import { useId, useState } from 'react'
import { invoke, predictionsQuery, type Endpoint, type Invoked, type ModelInput } from '../api/serving.ts'
import { Badge, Button, CodeBlock, ErrorState, Section } from '../components/basics.tsx'
import { JsonTree } from '../components/preview-data.tsx'
import { formatNumber, plural } from '../lib/format.ts'
import { formatMillis } from '../lib/serving.ts'
import { codeOf, type Question } from '../lib/serving-code.ts'
import { bodyOf, exampleOf, hintOf, inputsOf, rangeNote, rowOf, typedOf, type TypedRow } from '../lib/serving-form.ts'
import { CODES, type CodeKind } from '../lib/serving-search.ts'

const route = getRouteApi('/endpoints/$name')
/** So many categories are chosen from a list; of more one is typed. */
const LISTED = 200
const CODE_LABELS: Record<CodeKind, string> = { curl: 'curl', python: 'Python', tritonclient: 'tritonclient', java: 'Java' }

export function EndpointTry({ endpoint }: { endpoint: Endpoint }) {
  const { name, models = [] } = endpoint
  const inputs = inputsOf(models)
  const [typed, setTyped] = useState<TypedRow>({})
  const [answer, setAnswer] = useState<Invoked>()
  const [problem, setProblem] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const [told, setTold] = useState(false)
  const predictions = useInfiniteQuery(predictionsQuery(name))
  const last = predictions.data?.pages[0]?.predictions[0]
  const { row, problems } = rowOf(inputs, typed)
  const body = bodyOf(inputs, row)
  // Code with holes is of no use: what is not typed yet has an example's value there.
  const shown = { ...rowOf(inputs, Object.fromEntries(inputs.map((input) => [input.name, exampleOf(input)]))).row, ...row }
  const fill = (next: TypedRow) => {
    setTyped(next)
    setTold(false)
  }
  const ask = async () => {
    setTold(true)
    if (Object.keys(problems).length > 0) return
    setBusy(true)
    setProblem(undefined)
    try {
      setAnswer(await invoke(name, body))
      void predictions.refetch()
    } catch (error) {
      setAnswer(undefined)
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  if (models.length === 0) {
    return <p className="text-ink-2">{endpoint.trouble ? 'No model is loaded: see above why.' : 'The model is being loaded; what it takes is shown as soon as it answers.'}</p>
  }
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
      <Section
        title="One row"
        actions={
          <>
            {last && (
              <Button kind="quiet" onClick={() => fill(typedOf(inputs, last.inputs))}>
                As the last prediction
              </Button>
            )}
            <Button kind="quiet" icon={WandSparkles} onClick={() => fill(Object.fromEntries(inputs.map((input) => [input.name, exampleOf(input)])))}>
              Fill it in
            </Button>
          </>
        }
      >
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            if (!busy) void ask()
          }}
        >
          <div className={`grid gap-x-4 gap-y-3 ${inputs.length > 3 ? 'sm:grid-cols-2' : ''}`}>
            {inputs.map((input) => (
              <Entry key={input.name} input={input} value={typed[input.name] ?? ''} problem={told ? problems[input.name] : undefined} onChange={(value) => setTyped((old) => ({ ...old, [input.name]: value }))} />
            ))}
          </div>
          <div className="mt-4 flex flex-wrap items-center justify-end gap-3">
            {told && Object.keys(problems).length > 0 && <span className="text-sm text-bad">{plural(Object.keys(problems).length, 'input is', 'inputs are')} not as the model takes them.</span>}
            <Button kind="primary" type="submit" icon={Play} disabled={busy}>
              {busy ? 'Asking …' : 'Ask'}
            </Button>
          </div>
        </form>
      </Section>
      <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-4">
        <Section title="Answer">
          {problem !== undefined ? (
            <ErrorState error={problem} what="It gave no answer" />
          ) : answer ? (
            <Answer endpoint={endpoint} answer={answer} />
          ) : (
            <p className="text-ink-2">Ask it something. The request goes the way every client's does: by the same weights, into the same prediction log.</p>
          )}
        </Section>
        <Code question={{ origin: location.origin, endpoint: name, inputs, row: shown, body: bodyOf(inputs, shown) }} examples={Object.keys(problems).length} />
      </div>
    </div>
  )
}

function Entry({ input, value, problem, onChange }: { input: ModelInput; value: string; problem: string | undefined; onChange: (value: string) => void }) {
  const id = useId()
  const note = problem ?? (value === '' ? undefined : rangeNote(input, value))
  const shared = { id, value, 'aria-invalid': problem !== undefined, 'aria-describedby': `${id}-hint` } as const
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block truncate text-sm font-medium" title={input.name}>
        {input.name}
      </label>
      {input.type === 'boolean' && input.width === 1 ? (
        <select {...shared} onChange={(event) => onChange(event.target.value)} className="field w-full">
          <option value="">{input.missing_allowed ? 'empty' : 'choose'}</option>
          <option value="true">true</option>
          <option value="false">false</option>
        </select>
      ) : input.categories && input.width === 1 && input.categories.length <= LISTED ? (
        <select {...shared} onChange={(event) => onChange(event.target.value)} className="field w-full">
          <option value="">{input.missing_allowed ? 'empty' : 'choose'}</option>
          {value !== '' && !input.categories.map(String).includes(value) && <option value={value}>{value}</option>}
          {input.categories.map((category) => (
            <option key={category} value={String(category)}>
              {category}
            </option>
          ))}
        </select>
      ) : (
        <input {...shared} type="text" inputMode={input.type === 'text' || input.width > 1 ? 'text' : 'decimal'} autoComplete="off" spellCheck={false} onChange={(event) => onChange(event.target.value)} className="field w-full" />
      )}
      <p id={`${id}-hint`} className={`mt-0.5 text-xs ${problem ? 'font-medium text-bad' : note ? 'font-medium text-warn' : 'text-ink-3'}`}>
        {note ? `${note}; ` : ''}
        {hintOf(input)}
      </p>
    </div>
  )
}

function Answer({ endpoint: { revision }, answer }: { endpoint: Endpoint; answer: Invoked }) {
  const byVersion = revision.variants.filter(({ version }) => version === answer.version)
  const variant = byVersion.length === 1 ? byVersion[0] : undefined
  return (
    <div role="status">
      <Answered value={answer.predictions} />
      <dl className="mt-3 grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
        <dt className="text-ink-3">Answered by</dt>
        <dd className="flex flex-wrap items-center gap-2">
          {variant && <Badge>{variant.name}</Badge>}
          {variant ? (
            <Link to="/model-version" search={{ name: variant.model, version: variant.version }} className="text-accent hover:underline">
              {variant.model} version {variant.version}
            </Link>
          ) : (
            `version ${answer.version}`
          )}
        </dd>
        <dt className="text-ink-3">Took</dt>
        <dd>{formatMillis(answer.milliseconds)} from this browser and back</dd>
        <dt className="text-ink-3">Prediction</dt>
        <dd className="min-w-0 break-all">
          {revision.policy.log === 'off' ? (
            <span className="text-ink-3">not kept: the policy says so</span>
          ) : (
            <Link to="/predictions/$id" params={{ id: answer.id }} className="font-mono text-xs text-accent hover:underline">
              {answer.id}
            </Link>
          )}
        </dd>
        {answer.warnings !== '' && (
          <>
            <dt className="text-warn">Warnings</dt>
            <dd className="break-words">{answer.warnings}</dd>
          </>
        )}
      </dl>
    </div>
  )
}

/** One row was asked: what stands for it, large where it is one value. */
function Answered({ value }: { value: unknown }) {
  const row = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value
  if (typeof row === 'number') return <p className="text-2xl font-semibold break-words" title={String(row)}>{formatNumber(row)}</p>
  if (typeof row === 'string' || typeof row === 'boolean') return <p className="text-2xl font-semibold break-words">{String(row)}</p>
  return <JsonTree value={row} />
}

function Code({ question, examples }: { question: Question; examples: number }) {
  const search = route.useSearch()
  const navigate = useNavigate()
  const kind = search.code ?? 'curl'
  return (
    <Section
      title="The same call"
      actions={
        <div role="group" aria-label="As written in" className="flex gap-1">
          {CODES.map((each) => (
            <button key={each} type="button" aria-pressed={kind === each} onClick={() => void navigate({ to: '/endpoints/$name', params: { name: question.endpoint }, search: (old) => ({ ...old, code: each === 'curl' ? undefined : each }), replace: true })} className={`rounded-md px-2 py-1 text-sm ${kind === each ? 'bg-accent-soft font-semibold text-accent' : 'text-ink-2 hover:bg-hover'}`}>
              {CODE_LABELS[each]}
            </button>
          ))}
        </div>
      }
    >
      <CodeBlock label={`${CODE_LABELS[kind]} code`} code={codeOf(kind, question)} />
      <p className="mt-2 text-sm text-ink-3">{examples > 0 && `${plural(examples, 'value is an example', 'values are examples')} until you type your own. `}On a server with sign-in, add your token as the header Authorization: Bearer.</p>
    </Section>
  )
}
