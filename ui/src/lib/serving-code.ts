// The call that asks an endpoint, as programs write it.

import type { ModelInput } from '../api/serving.ts'
import { quote } from './reproduce.ts'
import type { InvocationBody } from './serving-form.ts'
import type { CodeKind } from './serving-search.ts'

export interface Question {
  /** Where the server is. */
  origin: string
  endpoint: string
  inputs: readonly ModelInput[]
  row: Readonly<Record<string, unknown>>
  body: InvocationBody
}

export function codeOf(kind: CodeKind, question: Question): string {
  switch (kind) {
    case 'curl':
      return curl(question)
    case 'python':
      return python(question)
    case 'tritonclient':
      return triton(question)
    case 'java':
      return java(question)
  }
}

const urlOf = ({ origin, endpoint }: Question): string => `${origin}/endpoints/${encodeURIComponent(endpoint)}/invocations`

function curl(question: Question): string {
  return `curl -i ${quote(urlOf(question))} \\\n  -H 'Content-Type: application/json' \\\n  -d ${quote(JSON.stringify(question.body))}`
}

function python(question: Question): string {
  return `import requests

answer = requests.post(
    ${JSON.stringify(urlOf(question))},
    json=${pythonOf(question.body, '    ')},
    timeout=10,
)
answer.raise_for_status()
print(answer.json()["predictions"])
print(answer.headers["x-millwright-prediction-id"])`
}

const DATATYPES: Record<ModelInput['type'], { datatype: string; dtype: string; missing: string }> = {
  float64: { datatype: 'FP64', dtype: 'np.float64', missing: 'np.nan' },
  float32: { datatype: 'FP32', dtype: 'np.float32', missing: 'np.nan' },
  int64: { datatype: 'INT64', dtype: 'np.int64', missing: '0' },
  int32: { datatype: 'INT32', dtype: 'np.int32', missing: '0' },
  boolean: { datatype: 'BOOL', dtype: 'np.bool_', missing: 'False' },
  text: { datatype: 'BYTES', dtype: 'np.object_', missing: '""' },
}

/** Tensors know no missing values but NaN: other inputs that are empty are left out, as the protocol has it. */
function triton({ origin, endpoint, inputs, row }: Question): string {
  const sent = inputs.filter(({ name, type }) => (row[name] !== null && row[name] !== undefined) || type.startsWith('float'))
  const columns = sent.map(({ name, type, width }) => {
    const { datatype, dtype, missing } = DATATYPES[type]
    const value = row[name]
    const values = Array.isArray(value) ? `[${value.map((each) => pythonOf(each, '')).join(', ')}]` : value === null || value === undefined ? missing : pythonOf(value, '')
    return `column(${JSON.stringify(name)}, [${values}], ${dtype}, ${JSON.stringify(datatype)}${width > 1 ? `, ${width}` : ''})`
  })
  const wide = sent.some(({ width }) => width > 1)
  return `import numpy as np
import tritonclient.http as triton


def column(name, values, dtype, datatype${wide ? ', width=1' : ''}):
    tensor = triton.InferInput(name, [len(values)${wide ? ', width' : ', 1'}], datatype)
    tensor.set_data_from_numpy(np.array(values, dtype=dtype).reshape(len(values), ${wide ? 'width' : '1'}))
    return tensor


client = triton.InferenceServerClient(${JSON.stringify(origin.replace(/^https?:\/\//, ''))}${origin.startsWith('https') ? ', ssl=True' : ''})
answer = client.infer(${JSON.stringify(endpoint)}, [
${columns.map((each) => `    ${each},`).join('\n')}
])
for output in answer.get_response()["outputs"]:
    print(output["name"], answer.as_numpy(output["name"]))`
}

function java(question: Question): string {
  return `import java.net.URI;
import java.net.http.*;

HttpRequest request = HttpRequest.newBuilder(URI.create(${JSON.stringify(urlOf(question))}))
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString("""
                ${JSON.stringify(question.body).replaceAll('\\', '\\\\').replaceAll('"""', '\\"""')}
                """))
        .build();
try (HttpClient client = HttpClient.newHttpClient()) {
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    System.out.println(answer.body());
    answer.headers().firstValue("x-millwright-prediction-id").ifPresent(System.out::println);
}`
}

/** A value of JSON as Python writes it. */
export function pythonOf(value: unknown, indent: string): string {
  if (value === null || value === undefined) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (Array.isArray(value)) return `[${value.map((each) => pythonOf(each, indent)).join(', ')}]`
  if (typeof value === 'object') {
    const inner = `${indent}    `
    return `{\n${Object.entries(value).map(([key, each]) => `${inner}${JSON.stringify(key)}: ${pythonOf(each, inner)},\n`).join('')}${indent}}`
  }
  return JSON.stringify(value)
}
