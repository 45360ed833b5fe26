// The command that runs a run again, as far as its client recorded one.

export interface Recipe {
  commands: string[]
  /** What the commands cannot bring back. */
  missing: string[]
}

export function recipeOf(tags: Record<string, string>, params: Record<string, string>): Recipe {
  const commands: string[] = []
  const missing: string[] = []
  const repository = tags['mlflow.source.git.repoURL'] ?? tags['mlflow.gitRepoURL']
  const commit = tags['mlflow.source.git.commit']
  const source = tags['mlflow.source.name']
  const entryPoint = tags['mlflow.project.entryPoint']
  if (repository) commands.push(`git clone ${quote(repository)} run && cd run`)
  if (commit) commands.push(`git checkout ${quote(commit)}`)
  else if (source) missing.push('the commit of its code')
  if (commit && !repository) missing.push('the address of its repository: begin in a clone of it')
  if (entryPoint) {
    const given = Object.entries(params).map(([key, value]) => `-P ${quote(`${key}=${value}`)}`)
    commands.push(['mlflow run .', '-e', quote(entryPoint), ...given].join(' '))
  } else if (source) {
    switch (tags['mlflow.source.type']) {
      case 'NOTEBOOK':
        commands.push(`jupyter nbconvert --to notebook --execute ${quote(source)}`)
        break
      default:
        commands.push(/\.py$/i.test(source) ? `python ${quote(source)}` : quote(source))
        missing.push('arguments of the command line, which MLflow does not keep: see the params')
    }
  }
  return { commands, missing }
}

/** A word of a shell command; quoted unless it is plain. */
export function quote(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

export interface ApiCall {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  url: string
  body?: unknown
}

export function curlOf(call: ApiCall): string {
  const parts = ['curl']
  if (call.method !== 'GET') parts.push('-X', call.method)
  if (call.body !== undefined) parts.push('-H', quote('Content-Type: application/json'), '-d', quote(JSON.stringify(call.body)))
  return [...parts, quote(call.url)].join(' ')
}
