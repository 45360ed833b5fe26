// Files of a run, of a logged model or of a model version: the same questions at three addresses.

import { queryOptions } from '@tanstack/react-query'
import { isEnvironmentFile, LONGEST_ENVIRONMENT } from '../lib/environment.ts'
import { ApiError, get, MLFLOW, urlOf, send } from './client.ts'
import { loggedModelOf, type ModelVersion } from './registry.ts'
import type { FileInfo, Run } from './tracking.ts'

export type FileOwner =
  | { kind: 'run'; id: string; folder?: string }
  | { kind: 'model'; id: string }
  /** A version whose files lie in the server's own store, at this path. */
  | { kind: 'version'; name: string; version: string; store: string }

/** Who has the files of a version; undefined when they lie outside the server's own store. */
export function ownerOf(version: ModelVersion): FileOwner | undefined {
  const logged = loggedModelOf(version)
  if (logged) return { kind: 'model', id: logged }
  const source = version.source ?? ''
  const ofRun = /^runs:\/+([0-9a-f]{32})\/(.+?)\/?$/.exec(source)
  if (ofRun) return { kind: 'run', id: ofRun[1]!, folder: ofRun[2]! }
  const stored = /^mlflow-artifacts:\/+(?:[^/]*:\d+\/)?(.+?)\/?$/.exec(source)
  return stored ? { kind: 'version', name: version.name, version: version.version, store: stored[1]! } : undefined
}

/** How often a folder is listed anew while its run goes on. */
export const LIVE_FILES_MILLIS = 5_000

/** The paths of what is answered begin at the owner's own folder. */
export function filesQuery(owner: FileOwner, path: string) {
  return queryOptions({
    // Not under the run's topic: each metric that is logged would list its files anew.
    queryKey: ['files', owner, path],
    queryFn: ({ signal }) => list(owner, path, signal),
    retry: false,
  })
}

async function list(owner: FileOwner, path: string, signal: AbortSignal): Promise<FileInfo[]> {
  const files = (answer: { files?: FileInfo[] }): FileInfo[] => answer.files ?? []
  switch (owner.kind) {
    case 'run': {
      const folder = owner.folder ? `${owner.folder}/` : ''
      const found = files(await get(`${MLFLOW}/artifacts/list`, { run_id: owner.id, path: folder + path }, signal))
      return found.map((file) => ({ ...file, path: file.path.slice(folder.length) }))
    }
    case 'model':
      return files(await get(`${MLFLOW}/logged-models/${encodeURIComponent(owner.id)}/artifacts/directories`, { artifact_directory_path: path }, signal))
    case 'version': {
      const found = files(await get(`${MLFLOW.replace('/mlflow', '/mlflow-artifacts')}/artifacts`, { path: path ? `${owner.store}/${path}` : owner.store }, signal))
      return found.map((file) => ({ ...file, path: path ? `${path}/${file.path}` : file.path }))
    }
  }
}

export function fileUrl(owner: FileOwner, path: string): string {
  switch (owner.kind) {
    case 'run':
      return urlOf('/get-artifact', { run_id: owner.id, path: owner.folder ? `${owner.folder}/${path}` : path })
    case 'model':
      return urlOf(`${MLFLOW}/logged-models/${encodeURIComponent(owner.id)}/artifacts/files`, { artifact_file_path: path })
    case 'version':
      return urlOf('/model-versions/get-artifact', { name: owner.name, version: owner.version, path })
  }
}

export function fileTextQuery(url: string) {
  return queryOptions({
    queryKey: ['file', url],
    queryFn: ({ signal }) => textOf(url, signal),
    staleTime: 60_000,
    retry: false,
  })
}

async function textOf(url: string, signal: AbortSignal): Promise<string> {
  return (await send(url, { signal })).text()
}

export interface EnvironmentFile {
  path: string
  text: string
}

const MOST_FOLDERS = 8
const MOST_MODELS = 3

/** The files that say what a run ran in: beside its artifacts, in a folder of them, or with its logged models. */
export function environmentQuery(run: Run) {
  const ofRun: FileOwner = { kind: 'run', id: run.info.run_id }
  const ofModels = (run.outputs?.model_outputs ?? []).slice(0, MOST_MODELS).map(({ model_id }): FileOwner => ({ kind: 'model', id: model_id }))
  return queryOptions({
    // Not under the run's topic, as filesQuery.
    queryKey: ['files', 'environment', ofRun, ofModels],
    queryFn: async ({ signal }) => {
      // Artifacts that lie elsewhere are not this server's to list: nothing is known then.
      const listed = async (owner: FileOwner, path: string) => (await list(owner, path, signal).catch(notHere)).map((file) => ({ ...file, owner }))
      const root = await listed(ofRun, '')
      const folders = await Promise.all(root.filter(({ is_dir }) => is_dir).slice(0, MOST_FOLDERS).map(({ path }) => listed(ofRun, path)))
      const models = await Promise.all(ofModels.map((owner) => listed(owner, '')))
      const wanted = [root, ...folders, ...models].flat().filter((file) => !file.is_dir && isEnvironmentFile(file.path) && (file.file_size ?? 0) <= LONGEST_ENVIRONMENT)
      return Promise.all(wanted.map(async ({ owner, path }): Promise<EnvironmentFile> => ({ path, text: await textOf(fileUrl(owner, path), signal) })))
    },
    staleTime: 60_000,
    retry: false,
  })
}

function notHere(error: unknown): FileInfo[] {
  if (error instanceof ApiError && (error.status === 400 || error.status === 404)) return []
  throw error
}

/** The last bytes of a file, or all of a small one. */
export function fileEndQuery(url: string, bytes: number, most: number) {
  return queryOptions({
    queryKey: ['file-end', url, bytes, most],
    queryFn: async ({ signal }) => {
      const from = Math.max(0, bytes - most)
      const response = await send(url, { signal, headers: { range: `bytes=${from}-${bytes - 1}` } })
      const buffer = await response.arrayBuffer()
      return response.status === 206 ? buffer : buffer.slice(from)
    },
    staleTime: 60_000,
    retry: false,
  })
}
