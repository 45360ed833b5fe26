import { AtSign, Box, Boxes, Cable, Columns3, Database, ExternalLink, GitCommitVertical, Play, Server, Table2, Workflow, type LucideIcon } from 'lucide-react'

const ICONS: Record<string, LucideIcon> = {
  dataset: Database,
  snapshot: GitCommitVertical,
  column: Columns3,
  columns: Table2,
  run: Play,
  model: Boxes,
  'model-version': Box,
  alias: AtSign,
  'logged-model': Box,
  job: Workflow,
  'job-run': Cable,
  external: ExternalLink,
  'external-column': ExternalLink,
  endpoint: Server,
}

export const iconOf = (kind: string): LucideIcon => ICONS[kind] ?? Box
