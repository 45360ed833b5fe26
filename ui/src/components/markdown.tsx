// Markdown as React elements. HTML inside it is shown as the text it is; links lead only to http, https and mailto; images
// are links, so that a note fetches nothing.

import { lexer, type Token, type Tokens } from 'marked'
import { Fragment, useMemo, type ReactNode } from 'react'
import { safeHref } from '../lib/preview.ts'

export function Markdown({ text }: { text: string }) {
  const tokens = useMemo(() => lexer(text.slice(0, 500_000), { gfm: true }), [text])
  return <div className="prose max-w-3xl break-words">{blocks(tokens)}</div>
}

function blocks(tokens: readonly Token[]): ReactNode {
  return tokens.map((token, i) => <Fragment key={i}>{block(token)}</Fragment>)
}

function block(token: Token): ReactNode {
  switch (token.type) {
    case 'space':
    case 'def':
    case 'checkbox':
      return null
    case 'hr':
      return <hr className="border-line" />
    case 'heading': {
      const { depth, tokens } = token as Tokens.Heading
      // A note stands below the page's own headings.
      const Tag = `h${Math.min(depth + 2, 6)}` as 'h3'
      return <Tag className={depth === 1 ? 'text-lg font-semibold' : 'font-semibold'}>{inline(tokens)}</Tag>
    }
    case 'paragraph':
      return <p>{inline((token as Tokens.Paragraph).tokens)}</p>
    case 'code':
      return (
        <pre tabIndex={0}>
          <code>{(token as Tokens.Code).text}</code>
        </pre>
      )
    case 'blockquote':
      return <blockquote>{blocks((token as Tokens.Blockquote).tokens)}</blockquote>
    case 'list': {
      const { ordered, start, items } = token as Tokens.List
      const children = items.map((item, i) => (
        <li key={i}>
          {item.task && <input type="checkbox" disabled checked={item.checked === true} aria-label={item.checked ? 'done' : 'not done'} readOnly className="mr-1.5" />}
          {blocks(item.tokens)}
        </li>
      ))
      return ordered ? <ol start={Number(start) || 1}>{children}</ol> : <ul>{children}</ul>
    }
    case 'table': {
      const { header, rows } = token as Tokens.Table
      return (
        <div className="overflow-x-auto" tabIndex={0} role="group" aria-label="Table">
          <table>
            <thead>
              <tr>
                {header.map((cell, i) => (
                  <th key={i}>{inline(cell.tokens)}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, i) => (
                <tr key={i}>
                  {row.map((cell, j) => (
                    <td key={j}>{inline(cell.tokens)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )
    }
    default:
      return inline([token])
  }
}

function inline(tokens: readonly Token[] | undefined): ReactNode {
  return (tokens ?? []).map((token, i) => <Fragment key={i}>{span(token)}</Fragment>)
}

function span(token: Token): ReactNode {
  switch (token.type) {
    case 'checkbox':
      return null
    case 'strong':
      return <strong>{inline((token as Tokens.Strong).tokens)}</strong>
    case 'em':
      return <em>{inline((token as Tokens.Em).tokens)}</em>
    case 'del':
      return <del>{inline((token as Tokens.Del).tokens)}</del>
    case 'codespan':
      return <code>{unescaped((token as Tokens.Codespan).text)}</code>
    case 'br':
      return <br />
    case 'link': {
      const { href, tokens } = token as Tokens.Link
      return link(href, inline(tokens))
    }
    case 'image': {
      const { href, text } = token as Tokens.Image
      return link(href, text || href)
    }
    case 'text': {
      const { tokens, text } = token as Tokens.Text
      return tokens ? inline(tokens) : unescaped(text)
    }
    case 'escape':
      return unescaped((token as Tokens.Escape).text)
    default:
      return token.raw
  }
}

function link(href: string, children: ReactNode): ReactNode {
  const safe = safeHref(href)
  return safe ? (
    <a href={safe} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ) : (
    <span>{children}</span>
  )
}

/** The lexer keeps entities; React escapes by itself. */
function unescaped(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|#39);/g, (_, name: string) => ({ lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'" })[name]!)
}
