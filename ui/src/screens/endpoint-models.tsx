// The models that are loaded here: what they take, what they answer, and what reads them.

import type { Endpoint, LoadedModel } from '../api/serving.ts'
import { Section, Time } from '../components/basics.tsx'
import { plural } from '../lib/format.ts'
import { hintOf } from '../lib/serving-form.ts'

const TRIED: Record<LoadedModel['example'], string> = {
  none: 'not tried before: it brings no input example',
  answered: 'tried on its input example',
  compared: 'its input example answered as recorded',
}

export function ModelsSection({ endpoint: { models = [], trouble } }: { endpoint: Endpoint }) {
  return (
    <Section title="Loaded models" id="models">
      {models.length === 0 ? (
        <p className="text-ink-2">{trouble ? 'None: see above why.' : 'None yet: this server is loading them.'}</p>
      ) : (
        <ul aria-labelledby="models" className="-my-2 divide-y divide-line">
          {models.map((model) => (
            <li key={`${model.model}/${model.version}`} className="py-2">
              <Loaded model={model} open={models.length === 1 && model.inputs.length <= 12} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function Loaded({ model: { model, version, reader, example, loaded_at, inputs, outputs }, open }: { model: LoadedModel; open: boolean }) {
  return (
    <details open={open}>
      <summary className="cursor-pointer">
        <span className="font-medium break-words">
          {model} version {version}
        </span>
        <span className="block pl-4 text-sm text-ink-3">
          {plural(inputs.length, 'input')}, read by {reader}, loaded <Time millis={Date.parse(loaded_at)} />, {TRIED[example]}
        </span>
      </summary>
      <div className="mt-2 grid gap-2 text-sm">
        <Fields title="Takes" fields={inputs.map((input) => [input.name, hintOf(input)])} />
        <Fields title="Answers" fields={outputs.map((output) => [output.name, output.type])} />
      </div>
    </details>
  )
}

function Fields({ title, fields }: { title: string; fields: readonly (readonly [string, string])[] }) {
  return (
    <div>
      <h3 className="text-xs font-semibold text-ink-2">{title}</h3>
      <dl className="mt-1 grid max-h-72 grid-cols-[minmax(0,1fr)_minmax(0,1fr)] gap-x-3 gap-y-0.5 overflow-y-auto" tabIndex={0}>
        {fields.map(([name, hint]) => (
          <div key={name} className="contents">
            <dt className="truncate font-mono text-xs leading-5" title={name}>
              {name}
            </dt>
            <dd className="text-ink-3">{hint}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
