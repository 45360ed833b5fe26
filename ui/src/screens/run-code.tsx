// On which code and in which environment a run ran, and the command that runs it again.

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, type ReactNode } from 'react'
import { filesQuery } from '../api/files.ts'
import type { Run } from '../api/tracking.ts'
import { CodeBlock, Section } from '../components/basics.tsx'
import { FactList } from '../components/fact-list.tsx'
import { codeOfRun, commitPage } from '../lib/code-of-run.ts'
import { clauseFor, fieldName } from '../lib/filter.ts'
import { recipeOf } from '../lib/reproduce.ts'
import { EnvironmentFiles, type EnvironmentPlace } from './environment.tsx'

const FOLDERS_LOOKED_INTO = 6

export function Code({ run, tags }: { run: Run; tags: Record<string, string> }) {
  const id = run.info.run_id
  const code = codeOfRun(tags)
  const owner = useMemo(() => ({ kind: 'run', id }) as const, [id])
  const root = useQuery(filesQuery(owner, ''))
  const notebooks = (root.data ?? []).filter((file) => !file.is_dir && /\.ipynb$/i.test(file.path))
  const places = placesOf(run, tags, (root.data ?? []).filter((file) => file.is_dir).map((file) => file.path))
  const page = commitPage(code.repository, code.commit)
  const same = (name: string, value: string, shown: ReactNode) => (
    <Link to="/experiments/$id" params={{ id: run.info.experiment_id }} search={{ filter: clauseFor(fieldName('tags', name), '=', value) }} title="See the runs with this value" className="decoration-dotted underline-offset-2 hover:underline">
      {shown}
    </Link>
  )
  return (
    <Section title="Code and environment">
      {code.source || code.commit || code.entryPoint ? (
        <FactList
          facts={[
            ['Source', code.source && same('mlflow.source.name', code.source, <code className="font-mono text-xs break-all">{code.source}</code>)],
            ['Kind', code.kind],
            ['Entry point', code.entryPoint],
            [
              'Commit',
              code.commit && (
                <span className="flex flex-wrap gap-x-3">
                  {same('mlflow.source.git.commit', code.commit, <code className="font-mono text-xs break-all">{code.commit}</code>)}
                  {page && (
                    <a href={page} target="_blank" rel="noreferrer" className="text-accent hover:underline">
                      See it at its host
                    </a>
                  )}
                </span>
              ),
            ],
            ['Branch', code.branch],
            ['Repository', code.repository && <code className="font-mono text-xs break-all">{code.repository}</code>],
            ['Image', code.image],
            ['Notebook', code.notebook],
            notebooks.length > 0 && [
              'Logged notebook',
              notebooks.map(({ path }) => (
                <Link key={path} to="/runs/$id" params={{ id }} search={{ tab: 'artifacts', path }} className="mr-3 break-all text-accent hover:underline">
                  {path}
                </Link>
              )),
            ],
          ]}
        />
      ) : (
        <p className="text-ink-2">
          Its client recorded no code. MLflow's Python client does so for scripts, notebooks and projects
          {notebooks[0] && (
            <>
              ; a notebook was logged:{' '}
              <Link to="/runs/$id" params={{ id }} search={{ tab: 'artifacts', path: notebooks[0].path }} className="text-accent underline">
                {notebooks[0].path}
              </Link>
            </>
          )}
          .
        </p>
      )}
      <h3 className="mt-4 mb-1.5 text-sm font-semibold">Environment</h3>
      {root.error ? (
        <p className="text-sm text-ink-2">{root.error.message}</p>
      ) : (
        <EnvironmentFiles places={places} none="No requirements.txt, conda.yaml or python_env.yaml was logged; MLflow writes them beside each model." />
      )}
    </Section>
  )
}

/** The run itself, its models' folders as MLflow 2 lays them, and its logged models as MLflow 3 does. */
function placesOf(run: Run, tags: Record<string, string>, folders: string[]): EnvironmentPlace[] {
  const owner = { kind: 'run', id: run.info.run_id } as const
  const logged = [...new Set((run.outputs?.model_outputs ?? []).map(({ model_id: model }) => model))].slice(0, FOLDERS_LOOKED_INTO)
  const known = modelFolders(tags['mlflow.log-model.history']).filter((folder) => folders.includes(folder))
  const looked = (known.length > 0 ? known : logged.length > 0 ? [] : folders).slice(0, FOLDERS_LOOKED_INTO)
  const several = logged.length + looked.length > 1
  return [
    { owner, folder: '', label: '' },
    ...looked.map((folder) => ({ owner, folder, label: several ? folder : '' })),
    ...logged.map((model) => ({ owner: { kind: 'model', id: model } as const, folder: '', label: several ? model.slice(0, 10) : '' })),
  ]
}

function modelFolders(history: string | undefined): string[] {
  try {
    const parsed: unknown = JSON.parse(history ?? '[]')
    if (!Array.isArray(parsed)) return []
    return [...new Set(parsed.map((entry: { artifact_path?: unknown }) => entry.artifact_path).filter((path): path is string => typeof path === 'string' && path !== ''))]
  } catch {
    return []
  }
}

export function Reproduce({ tags, params }: { tags: Record<string, string>; params: Record<string, string> }) {
  const { commands, missing } = recipeOf(tags, params)
  return (
    <Section title="Run it again">
      {commands.length === 0 ? (
        <p className="text-ink-2">Without a recorded source nobody can say how it was started. Start scripts under MLflow's client, or log the command as a tag.</p>
      ) : (
        <>
          <CodeBlock label="Commands" code={commands.join('\n')} />
          {missing.length > 0 && <p className="mt-2 text-sm text-ink-3">Not recorded: {missing.join('; ')}.</p>}
        </>
      )}
    </Section>
  )
}
