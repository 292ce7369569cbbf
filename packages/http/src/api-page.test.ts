import { createHash } from 'node:crypto';
import { FAULTS } from '@tidegate/core';
import { describe, expect, it } from 'vitest';
import { apiPage } from './api-page.ts';
import { markup, prose } from './html.ts';
import { openApiDocument } from './openapi.ts';
import { listRoutes } from './routes/routes.ts';

const { body, contentSecurityPolicy } = apiPage({ version: '1.2.3' });
const style = /<style>([^]*)<\/style>/.exec(body)?.[1] ?? '';
const all = (pattern: RegExp): string[] => [...body.matchAll(pattern)].map((match) => match[1] ?? '');

describe('the API page', () => {
  it('shows every route, every schema of the API document and every error code', () => {
    const articles = all(/<h3 id="(?:route|schema)-(\w+)">/g);
    const { components } = openApiDocument({ version: '1.2.3' }) as { components: { schemas: object } };
    // Those of one path stand together, wherever they are declared.
    expect(articles.toSorted()).toEqual([...listRoutes().map(({ name }) => name), ...Object.keys(components.schemas)].toSorted());
    for (const { method, path } of listRoutes()) expect(body).toContain(`<code>${method} ${path}</code></h3>`);
    expect(all(/<tr id="error-(\w+)">/g)).toEqual(Object.keys(FAULTS));
  });

  it('shows what a member may be, with its bounds, its default and what is nested in it', () => {
    const cellsOf = (article: string, member: string): string => {
      const text = body.slice(body.indexOf(`<h3 id="${article}">`));
      return /<td>[^]*?<\/tr>/.exec(text.slice(text.indexOf(`<code>${member}</code>`)))?.[0].replaceAll(/<[^>]*>/g, ' ') ?? '';
    };
    expect(cellsOf('schema-Question', 'wait_ms')).toMatch(/integer, 0 to 10000 .* Default: {2}1000/s);
    expect(cellsOf('schema-Question', 'where.*.in')).toMatch(/array of .*string, at most 1024 characters or number or boolean, 1 to 1000/);
    expect(cellsOf('schema-ForecastQuestion', 'horizon')).toMatch(/integer, 1 to 366 .* Default: {2}7/s);
    expect(body).toMatch(/<h3 id="route-askQuestion">[^]*?href="#schema-Question"[^]*?href="#schema-TrendQuestion"/);
    expect(cellsOf('schema-Event', 'id')).toMatch(/string, 1 to 128 characters/);
    expect(cellsOf('schema-Verdicts', 'rejected[].code')).toMatch(/string/);
  });

  it('runs no script, asks no other host and may load nothing but its own style', () => {
    expect(body).not.toMatch(/<script|javascript:|\son\w+=|<img|<link|@import|url\(|https?:/i);
    expect(all(/(?:href|src)="([^#/][^"]*|\/\/[^"]*)"/g)).toEqual([]);
    const hash = createHash('sha256').update(style).digest('base64');
    expect(contentSecurityPolicy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/);
    expect(contentSecurityPolicy).toContain(hash);
  });

  it('has no link that leads nowhere, no id twice, and closes what it opens', () => {
    const ids = all(/\sid="([^"]+)"/g);
    expect(new Set(ids).size).toBe(ids.length);
    for (const target of all(/(?:href="#|aria-labelledby=")([^"]+)"/g)) expect(ids).toContain(target);
    const open: string[] = [];
    for (const [, end, name = ''] of body.replace('<!doctype html>', '').matchAll(/<(\/?)([a-z]\w*)[^>]*>/g)) {
      if (name === 'meta') continue;
      if (end === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it('can be used without a mouse and without sight: language, title, landmarks, table heads, steps of headings', () => {
    expect(body).toMatch(/<html lang="en">[^]*<title>[^<]+<\/title>[^]*<a class="skip" href="#routes">[^]*<nav aria-label=[^]*<main>/);
    const levels = all(/<h([1-6])/g).map(Number);
    expect(levels[0]).toBe(1);
    for (const [at, level] of levels.entries()) expect(level - (levels[at - 1] ?? 0)).toBeLessThanOrEqual(1);
    expect(body).not.toMatch(/<th(?![^>]*scope=)[ >]/);
    expect(all(/<(table)>/g)).toHaveLength(all(/<(caption)>/g).length);
  });

  it('is readable in light and in dark: 4.5 to 1 between text and ground at the least (WCAG 2.2, 1.4.3)', () => {
    const [light, dark] = style.split('@media (prefers-color-scheme: dark)').map(coloursOf);
    for (const colours of [light, dark]) {
      for (const text of ['ink', 'faint', 'link']) {
        for (const ground of ['paper', 'panel']) expect(contrast(colours?.get(text), colours?.get(ground))).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect(dark?.get('paper')).not.toBe(light?.get('paper'));
  });
});

describe('a template of HTML', () => {
  it('escapes its values, also between backticks, and nothing twice', () => {
    expect(markup`<b title="${'"<&>\''}">${['<', markup`<i>${'&'}</i>`, 1]}</b>`.text).toBe(
      '<b title="&quot;&lt;&amp;&gt;&#39;">&lt;<i>&amp;</i>1</b>',
    );
    expect(markup`${prose('a `<b>` & c')}`.text).toBe('a <code>&lt;b&gt;</code> &amp; c');
  });
});

function coloursOf(css: string): ReadonlyMap<string, string> {
  return new Map([...css.matchAll(/--(\w+): #([0-9a-f]{6})/g)].map(([, name = '', value = '']) => [name, value]));
}

/** WCAG 2.2, "relative luminance" and "contrast ratio". */
function contrast(one = '', other = ''): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
