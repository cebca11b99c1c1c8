import { describe, expect, it } from 'vitest'
import { shapeOf } from '../../src/config/statements.ts'

describe('a query', () => {
  it.each([
    'select 1',
    'select 1;',
    ' ; select 1 ;; \n',
    "select ';' as semicolon",
    "select 'it''s; fine'",
    'select ";" from "a;b"',
    'select 1 -- ; select 2',
    'select 1 /* ; select 2 */',
    'select 1 /* a /* nested; */ comment; */ + 1',
    'select 1; -- the end',
    'select 1; /* the end */',
    'select $$;$$',
    'select $tag$ ; $$ ; $tag$',
    'select $größe$;$größe$',
    'do $$ begin perform 1; end $$;',
    "select 'never closed; ",
    'select 1 /* never closed; select 2',
    'select $1, $2',
  ])('is one statement: %s', (query) => {
    expect(shapeOf(query)).toEqual({ kind: 'one' })
  })

  it.each([
    ['select 1; select 2', 'select 2'],
    ['select 1;select 2;', 'select 2;'],
    ["select ';'; drop table t", 'drop table t'],
    ['select 1 -- one\n; select 2', 'select 2'],
    ["select 1;\n-- two\n'x'", "'x'"],
    ['select /* ; */ 1; /* two */ select 2', 'select 2'],
    ['select $a$;$a$; select 2', 'select 2'],
    ['select a$b$; select $b$', 'select $b$'],
    ['select $1; select 2', 'select 2'],
    ['select 1 -- $$\n; select 2 -- $$', 'select 2 -- $$'],
    ['select 1; $$two$$', '$$two$$'],
  ])('has a second statement: %s', (query, second) => {
    expect(shapeOf(query)).toEqual({ kind: 'several', offset: query.indexOf(second) })
  })

  it.each(['', '  \n', ';', ' ;; ', '-- select 1', '/* select 1 */', '/* ; */ ; -- x'])(
    'is empty: %j',
    (query) => {
      expect(shapeOf(query)).toEqual({ kind: 'empty' })
    },
  )
})
