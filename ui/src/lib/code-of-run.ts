// Where the code of a run came from, as its tags tell.

export interface CodeOfRun {
  source: string
  kind: string
  commit: string
  branch: string
  repository: string
  entryPoint: string
  image: string
  notebook: string
}

const KINDS: Record<string, string> = { LOCAL: 'script', NOTEBOOK: 'notebook', PROJECT: 'MLflow project', JOB: 'job', RECIPE: 'recipe' }

export function codeOfRun(tags: Record<string, string>): CodeOfRun {
  const text = (...names: string[]) => names.map((name) => tags[name]).find((value) => value !== undefined && value !== '') ?? ''
  const type = text('mlflow.source.type')
  return {
    source: text('mlflow.source.name'),
    kind: KINDS[type] ?? type.toLowerCase(),
    commit: text('mlflow.source.git.commit', 'mlflow.gitCommit'),
    branch: text('mlflow.source.git.branch', 'mlflow.gitBranch'),
    repository: text('mlflow.source.git.repoURL', 'mlflow.gitRepoURL'),
    entryPoint: text('mlflow.project.entryPoint'),
    image: text('mlflow.docker.image.name', 'mlflow.docker.image.id'),
    notebook: text('mlflow.databricks.notebookPath'),
  }
}

/** The page of a commit where its host has one, as the large hosts do; undefined for any other repository. */
export function commitPage(repository: string, commit: string): string | undefined {
  const match = /^(?:https:\/\/|ssh:\/\/git@|git@)([\w.-]+)[:/]([\w./~-]+?)(?:\.git)?\/?$/.exec(repository)
  if (!match || !/^[0-9a-f]{7,64}$/.test(commit) || !/^(?:.+\.)?(?:github|gitlab|codeberg|gitea|bitbucket)\./.test(match[1]!)) return undefined
  const middle = /bitbucket/.test(match[1]!) ? 'commits' : 'commit'
  return `https://${match[1]}/${match[2]}/${middle}/${commit}`
}
