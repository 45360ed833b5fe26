// Models made by hand, that answer without any Python: the server reads them as it reads those that libraries saved.

/** Registers the next version of a model from the files of a run's folder. */
export async function register(client, name, files) {
  await client.post('registered-models/create', { name }).catch((error) => {
    if (!/RESOURCE_ALREADY_EXISTS/.test(error.message)) throw error
  })
  const run = await client.run('0', { name: `${name}-training`, status: 'FINISHED' })
  for (const [path, content] of Object.entries(files)) await client.artifact('0', run, `model/${path}`, content)
  const { model_version } = await client.post('model-versions/create', { name, source: `runs:/${run}/model`, run_id: run })
  return model_version.version
}

/**
 * A classifier as XGBoost saves it: the sum of one split a tree.
 *
 * @param splits [feature, at which value, leaf below it, leaf from it on]
 */
export function classifier(features, splits) {
  const trees = splits.map(([feature, at, below, above]) => ({
    tree_param: { num_nodes: '3', size_leaf_vector: '1' },
    left_children: [1, -1, -1],
    right_children: [2, -1, -1],
    split_indices: [features.indexOf(feature), 0, 0],
    split_conditions: [at, below, above],
    default_left: [0, 0, 0],
    categories_nodes: [],
    categories: [],
    categories_segments: [],
    categories_sizes: [],
  }))
  const booster = {
    learner: {
      attributes: {},
      feature_names: features,
      feature_types: features.map(() => 'float'),
      learner_model_param: { base_score: '5E-1', num_class: '0', num_feature: String(features.length), num_target: '1' },
      objective: { name: 'binary:logistic' },
      gradient_booster: {
        name: 'gbtree',
        model: { gbtree_model_param: { num_trees: String(trees.length) }, iteration_indptr: trees.map((_, i) => i).concat(trees.length), tree_info: trees.map(() => 0), trees },
      },
    },
    version: [3, 2, 0],
  }
  const signature = JSON.stringify(features.map((name) => ({ type: 'double', name, required: true })))
  return {
    MLmodel: `flavors:\n  xgboost: {data: model.json, model_class: xgboost.sklearn.XGBClassifier}\n  python_function: {loader_module: mlflow.xgboost}\nsignature:\n  inputs: '${signature}'\n`,
    'model.json': JSON.stringify(booster),
  }
}

/**
 * A line as an export leaves it: safetensors with the graph in its metadata.
 *
 * @param inputs [name, type, more] of each: more is its range, or {range, unit, categories}
 */
export function line(inputs, weights, bias) {
  const graph = {
    inputs: inputs.map(([name, type, more = {}]) => {
      const { categories, ...rest } = Array.isArray(more) ? { range: more } : more
      return { name, type, width: 1, missing_allowed: false, ...rest, ...(categories ? { categories: { numbers: categories, missing_at: -1 } } : {}) }
    }),
    nodes: [
      { name: 'row', inputs: inputs.map(([name]) => name), op: 'concat' },
      { name: 'line', inputs: ['row'], op: 'linear', precision: 'float64', weights: 'n0.weights', weights_rows: 1, weights_columns: inputs.length, bias: 'n0.bias' },
    ],
    outputs: [{ name: 'price', source: 'line', type: 'float64', column: true }],
    about: { library: 'sklearn', class: 'LinearRegression' },
  }
  const header = {
    __metadata__: { format: 'millwright-model', format_version: '1', graph: JSON.stringify(graph) },
    'n0.weights': { dtype: 'F64', shape: [weights.length], data_offsets: [0, weights.length * 8] },
    'n0.bias': { dtype: 'F64', shape: [1], data_offsets: [weights.length * 8, weights.length * 8 + 8] },
  }
  const text = Buffer.from(JSON.stringify(header))
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')])
  const file = Buffer.alloc(8 + padded.length + (weights.length + 1) * 8)
  file.writeBigUInt64LE(BigInt(padded.length), 0)
  padded.copy(file, 8)
  ;[...weights, bias].forEach((value, i) => file.writeDoubleLE(value, 8 + padded.length + i * 8))
  return { MLmodel: 'flavors: {sklearn: {pickled_model: model.pkl}}\n', 'model.millwright.safetensors': file }
}

/** Waits for what was begun. */
export async function awaited(client, operation) {
  for (const deadline = Date.now() + 60_000; ; ) {
    const now = await client.call('GET', `/api/millwright/v1/operations/${operation.operation_id}`)
    if (now.state === 'succeeded') return now
    if (now.state !== 'running' || Date.now() > deadline) throw new Error(JSON.stringify(now))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export const deploy = async (client, endpoint, model, weight) => awaited(client, await client.call('POST', `/api/millwright/v1/endpoints/${endpoint}/deploy`, { model, ...(weight === undefined ? {} : { weight }) }))

/** Asks it one row. */
export async function ask(client, endpoint, row) {
  const response = await fetch(`${client.url}/endpoints/${endpoint}/invocations`, {
    method: 'POST',
    headers: { ...client.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_split: { columns: Object.keys(row), data: [Object.values(row)] } }),
  })
  return { status: response.status, id: response.headers.get('x-millwright-prediction-id'), answer: await response.json() }
}
