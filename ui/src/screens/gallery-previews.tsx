// Previews of files, each of a text that stands here.

import { Suspense } from 'react'
import { Skeleton } from '../components/basics.tsx'
import { TextContent } from '../components/preview.tsx'
import { Shown } from './gallery-part.tsx'

const CSV = `segment,customers,churn\n${Array.from({ length: 400 }, (_, i) => `segment ${i},${(i * 7919) % 1000},${((i * 104_729) % 97) / 97}`).join('\n')}\n`
const FIGURE = JSON.stringify({
  data: [
    { type: 'scatter', mode: 'lines+markers', name: 'validation', x: [1, 2, 3, 4, 5, 6], y: [0.9, 0.61, 0.48, 0.41, 0.38, 0.37] },
    { type: 'scatter', mode: 'lines', name: 'training', x: [1, 2, 3, 4, 5, 6], y: [0.8, 0.5, 0.34, 0.25, 0.19, 0.15] },
    { type: 'pie', values: [1, 2] },
  ],
  layout: { title: { text: 'Loss by epoch' }, xaxis: { title: { text: 'epoch' } }, yaxis: { title: { text: 'loss' } } },
})
const CONFUSION = JSON.stringify({
  data: [{ type: 'heatmap', x: ['stays', 'leaves'], y: ['leaves', 'stays'], z: [[63, 284], [812, 41]] }],
  layout: { title: { text: 'Confusion' }, xaxis: { title: { text: 'predicted' } }, yaxis: { title: { text: 'true' } } },
})
const BARS = JSON.stringify({
  data: [
    { type: 'bar', name: 'this week', x: ['tenure', 'plan', 'monthly', 'region'], y: [0.42, 0.27, 0.19, 0.05] },
    { type: 'bar', name: 'last week', x: ['tenure', 'plan', 'monthly', 'region'], y: [0.39, 0.31, 0.17, 0.06] },
  ],
  layout: { title: 'Importance' },
})
const NOTEBOOK = JSON.stringify({
  metadata: { language_info: { name: 'python' } },
  cells: [
    { cell_type: 'markdown', source: '## A first look' },
    { cell_type: 'code', execution_count: 1, source: 'frame.describe()', outputs: [{ output_type: 'execute_result', data: { 'text/plain': '       tenure\ncount    1200\nmean     31.4' } }] },
    { cell_type: 'code', execution_count: 2, source: 'frame.missing', outputs: [{ output_type: 'error', ename: 'AttributeError', evalue: "no attribute 'missing'", traceback: [] }] },
  ],
})
const DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 60" width="200" height="60"><rect x="4" y="4" width="192" height="52" rx="8" fill="none" stroke="currentColor"/><text x="100" y="36" text-anchor="middle">an image</text></svg>'

const PARTS = [
  { title: 'CSV and logged tables', use: 'Rows in sight only; Enter opens one.', kind: 'table', path: 'segments.csv', text: CSV },
  { title: 'JSON', use: 'A tree that folds; a table or a figure is told by what it holds.', kind: 'json', path: 'config.json', text: '{"model": {"depth": 6, "rate": 0.1}, "features": ["tenure", "plan"], "calibrated": false, "note": null}' },
  { title: 'Plotly figure: lines', use: "Lines, markers, bars, histograms and heat maps are drawn in this page's colours; other kinds are named.", kind: 'json', path: 'loss.plotly.json', text: FIGURE },
  { title: 'Plotly figure: heat map', use: 'Stronger is more, in either theme.', kind: 'json', path: 'confusion.json', text: CONFUSION },
  { title: 'Plotly figure: bars', use: 'Beside each other or stacked, as the figure says.', kind: 'json', path: 'importance.json', text: BARS },
  { title: 'Notebook', use: 'As it was left: nothing in it runs.', kind: 'notebook', path: 'look.ipynb', text: NOTEBOOK },
  { title: 'Text and code', use: 'With the numbers of its lines; beyond 2,000 lines only those in sight are in the document.', kind: 'text', path: 'train.py', text: 'import mlflow\n\nwith mlflow.start_run():\n    mlflow.log_metric("loss", 0.5)\n' },
  { title: 'Web page', use: 'In a frame without scripts, origin or way out.', kind: 'page', path: 'report.html', text: '<h1>Report</h1><p>Shown without its scripts.</p>' },
  { title: 'Drawing', use: 'SVG as an image: it runs nothing and fetches nothing.', kind: 'drawing', path: 'plot.svg', text: DRAWING },
] as const

export function PreviewParts() {
  return PARTS.map(({ title, use, kind, path, text }) => (
    <Shown key={title} title={title} use={use}>
      <Suspense fallback={<Skeleton lines={5} />}>
        <TextContent kind={kind} path={path} text={text} small />
      </Suspense>
    </Shown>
  ))
}
