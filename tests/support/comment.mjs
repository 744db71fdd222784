// A comment as a code host shows it: `node comment.mjs MODULES COMMENT.md PAGE.html` writes a page for a browser, with the host's own style sheet, in a column
// as wide as that of a pull request. MODULES holds `marked` and `github-markdown-css`. What a browser measures of the page stands in it as JSON, in the
// element `measured`.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [modules, comment, page] = process.argv.slice(2)
const require = createRequire(join(modules, 'package.json'))
const { marked } = require('marked')
const style = readFileSync(join(modules, 'node_modules/github-markdown-css/github-markdown-light.css'), 'utf8')

const escaped = text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
const colours = { '+': 'ins', '-': 'del', '!': 'mod', '@': 'at' }

marked.use({
  gfm: true,
  renderer: {
    code({ text, lang }) {
      if (lang !== 'diff') return false
      const line = l => (colours[l[0]] ? `<span class="${colours[l[0]]}">${escaped(l)}</span>` : escaped(l))
      return `<div class="highlight"><pre>${text.split('\n').map(line).join('\n')}</pre></div>`
    },
    // `> [!WARNING]`.
    blockquote({ tokens }) {
      const inner = this.parser.parse(tokens)
      const found = /^<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\](<br>)?\s*/.exec(inner)
      if (!found) return false
      const kind = found[1].toLowerCase()
      const title = `<p class="markdown-alert-title">${found[1][0]}${kind.slice(1)}</p>`
      return `<div class="markdown-alert markdown-alert-${kind}">${title}<p>${inner.slice(found[0].length)}</div>`
    },
  },
})

// In a browser: how high and wide things are, and whether a cell that is told in one line is.
function measure() {
  const body = document.querySelector('.markdown-body')
  // As it is first seen; then as whoever opens all of it sees it.
  const height = body.scrollHeight
  const folded = [...body.querySelectorAll('details')]
  folded.forEach(d => (d.open = true))
  const lines = element => {
    const range = document.createRange()
    range.selectNodeContents(element)
    return Math.round(range.getBoundingClientRect().height / parseFloat(getComputedStyle(element).lineHeight))
  }
  const tables = [...body.querySelectorAll('table')].filter(t => t.getClientRects().length)
  const firsts = tables.flatMap(t => [...t.querySelectorAll('tbody tr td:first-child')]).filter(td => td.textContent.trim())
  const fences = [...body.querySelectorAll('pre')].filter(p => p.scrollWidth > p.clientWidth + 1).length
  const sizes = {
    wide: tables.filter(t => t.scrollWidth > t.clientWidth).map(t => t.scrollWidth),
    broken: firsts.filter(td => lines(td) > 1).map(td => td.textContent),
    rows: tables.flatMap(t => [...t.querySelectorAll('tbody tr')]).length,
    row: Math.max(0, ...tables.flatMap(t => [...t.querySelectorAll('tbody tr')]).map(tr => tr.clientHeight)),
  }
  const seen = body.innerText
  const copy = body.cloneNode(true)
  copy.querySelectorAll('pre, code').forEach(e => e.remove())
  const plain = copy.textContent
  folded.forEach(d => (d.open = false))
  const measured = {
    width: body.clientWidth,
    height,
    // Tables that are wider than the column, whose last columns are out of sight; first cells that are broken; rows, and the highest of them.
    ...sizes,
    // Fences that are wider.
    fences,
    folded: folded.length,
    // What is seen as it was written: marks that mean nothing.
    marks: (plain.match(/\*\*|<\/?details>|<\/?summary>|\[![A-Z]+\]/g) || []).length,
    seen,
  }
  const element = document.createElement('script')
  element.type = 'application/json'
  element.id = 'measured'
  element.textContent = JSON.stringify(measured).replace(/</g, '\\u003c')
  document.body.append(element)
}

const html = marked.parse(readFileSync(comment, 'utf8'))
writeFileSync(page, `<!doctype html><meta charset="utf-8"><style>${style}
body { margin: 16px; background: #fff }
.markdown-body { width: 790px; box-sizing: border-box; font-size: 14px; font-family: "Liberation Sans", Arial, sans-serif }
.markdown-body pre, .markdown-body code { font-family: "Liberation Mono", monospace }
.ins { color: #116329; background: #dafbe1 } .del { color: #82071e; background: #ffebe9 } .mod { color: #953800; background: #ffd8b5 } .at { color: #8250df }
</style><article class="markdown-body">${html}</article><script>(${measure})()</script>\n`)
