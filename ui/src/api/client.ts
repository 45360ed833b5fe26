// Requests to the server this page came from, and what went wrong with them.

export class ApiError extends Error {
  readonly status: number
  readonly code: string
  /** What the server's log calls this request; empty when none was reached. */
  readonly requestId: string

  constructor(status: number, code: string, message: string, requestId: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.requestId = requestId
  }
}

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>

export const MLFLOW = '/api/2.0/mlflow'
export const OWN = '/api/millwright/v1'

export function urlOf(path: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== '') params.append(name, String(each))
    }
  }
  const text = params.toString()
  return text === '' ? path : `${path}?${text}`
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const response = await send(urlOf(path, query), signal ? { signal } : {})
  return (await response.json()) as T
}

export async function write<T>(method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  })
  const text = await response.text()
  return (text === '' ? {} : JSON.parse(text)) as T
}

export async function getText(path: string, query?: Query, signal?: AbortSignal): Promise<string> {
  return (await send(urlOf(path, query), signal ? { signal } : {})).text()
}

/** Where a session is opened; a refusal there is told on the page that asks. */
export const SESSION = '/auth/session'

let signIn: (() => void) | undefined

/** What leads to the page for signing in, when the server does not know (any more) who asks. */
export function whenSignedOut(handler: () => void): void {
  signIn = handler
}

export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  // So that the server sends no challenge that the browser would answer with a prompt of its own.
  headers.set('x-requested-with', 'millwright-ui')
  let response: Response
  try {
    response = await fetch(url, { credentials: 'same-origin', ...init, headers })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'UNREACHABLE', 'The server does not answer. It may be restarting; this page tries again by itself.', '')
  }
  if (response.ok) return response
  if (response.status === 401 && url !== SESSION && signIn) {
    signIn()
    // Nothing more is shown here: what was asked for is asked again after signing in.
    return new Promise(() => {})
  }
  throw await errorOf(response)
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '')
  let message = ''
  let code = ''
  let requestId = response.headers.get('x-request-id') ?? ''
  try {
    const body = JSON.parse(text) as Record<string, unknown>
    message = textField(body.message) ?? textField(body.detail) ?? textField(body.title) ?? ''
    code = textField(body.error_code) ?? textField(body.code) ?? ''
    requestId = requestId || (textField(body.request_id) ?? '')
  } catch {
    message = text.slice(0, 500)
  }
  return new ApiError(response.status, code || `HTTP_${response.status}`, message || `The server answered ${response.status}.`, requestId)
}

function textField(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
