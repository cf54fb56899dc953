import { describe, expect, it } from 'vitest';
import { safeComponent } from './safe-component.ts';

/** The name in the torrent, what becomes of it on POSIX systems, and on Windows where that differs. */
type Case = readonly [name: string | number[], posix: string, win32?: string];

const CASES: readonly Case[] = [
  // Harmless names stay.
  ['a', 'a'],
  ['README.md', 'README.md'],
  ['.bashrc', '.bashrc'],
  ['a.b.c', 'a.b.c'],
  ['with spaces (1) [x].mkv', 'with spaces (1) [x].mkv'],
  ['Ünïcödé', 'Ünïcödé'],
  ['日本語.txt', '日本語.txt'],
  ['😀.png', '😀.png'],
  ['e\u0301', 'e\u0301'],
  ['~', '~'],
  ['$HOME', '$HOME'],
  ['`id`', '`id`'],
  ['-rf', '-rf'],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['%2e%2e', '%2e%2e'],
  ['%41', '%41'],
  ['a~1', 'a~1'],
  ['\ufffd', '\ufffd'],
  // Names that are none.
  ['', '_'],
  ['.', '_'],
  ['..', '__'],
  ['\u200b', '_'],
  ['.\u200b', '_'],
  ['.\u200b.', '__'],
  ['\u202e..', '__'],
  ['...', '...', '___'],
  [' ', ' ', '_'],
  ['. .', '. .', '___'],
  ['.. ', '.. ', '___'],
  ['.. .', '.. .', '____'],
  // Separators.
  ['/', '_'],
  ['\\', '_'],
  ['a/b', 'a_b'],
  ['a\\b', 'a_b'],
  ['/etc/passwd', '_etc_passwd'],
  ['../x', '.._x'],
  ['..\\x', '.._x'],
  ['a/../../x', 'a_.._.._x'],
  ['..\\..\\x.exe', '.._.._x.exe'],
  ['../..', '.._..', '..___'],
  ['a/', 'a_'],
  ['//server/share', '__server_share'],
  ['~/x', '~_x'],
  // Drives, UNC and device paths.
  ['C:', 'C_'],
  ['c:\\x', 'c__x'],
  ['C:/x', 'C__x'],
  ['C:x', 'C:x', 'C_x'],
  ['C\u200b:\\x', 'C__x'],
  ['\\\\srv\\share', '__srv_share'],
  ['\\\\?\\C:\\x', '__?_C:_x', '____C__x'],
  ['\\\\.\\PhysicalDrive0', '__._PhysicalDrive0'],
  // Alternate data streams and wildcards.
  ['a:b', 'a:b', 'a_b'],
  ['file.txt:hidden', 'file.txt:hidden', 'file.txt_hidden'],
  ['file.txt::$DATA', 'file.txt::$DATA', 'file.txt__$DATA'],
  ['what?', 'what?', 'what_'],
  ['a*b', 'a*b', 'a_b'],
  ['a<b>c', 'a<b>c', 'a_b_c'],
  ['a|b', 'a|b', 'a_b'],
  ['say "hi"', 'say "hi"', 'say _hi_'],
  // Devices of Windows.
  ['CON', 'CON', '_CON'],
  ['con', 'con', '_con'],
  ['con.txt', 'con.txt', '_con.txt'],
  ['con.tar.gz', 'con.tar.gz', '_con.tar.gz'],
  ['con .txt', 'con .txt', '_con .txt'],
  ['con ', 'con ', '_con_'],
  ['con.', 'con.', '_con_'],
  ['con:', 'con:', 'con_'],
  ['c\u200bon', 'con', '_con'],
  ['PRN', 'PRN', '_PRN'],
  ['aux.h', 'aux.h', '_aux.h'],
  ['nul', 'nul', '_nul'],
  ['NUL.', 'NUL.', '_NUL_'],
  ['COM1', 'COM1', '_COM1'],
  ['com0', 'com0', '_com0'],
  ['com9.log', 'com9.log', '_com9.log'],
  ['com¹', 'com¹', '_com¹'],
  ['LPT1', 'LPT1', '_LPT1'],
  ['lpt³.x', 'lpt³.x', '_lpt³.x'],
  ['CONIN$', 'CONIN$', '_CONIN$'],
  ['conout$', 'conout$', '_conout$'],
  ['clock$', 'clock$', '_clock$'],
  ['com10', 'com10'],
  ['com', 'com'],
  ['contra', 'contra'],
  ['console.log', 'console.log'],
  ['xcon', 'xcon'],
  ['_con', '_con'],
  ['a.con', 'a.con'],
  // Dots and spaces at the end.
  ['a.', 'a.', 'a_'],
  ['a ', 'a ', 'a_'],
  ['a. .', 'a. .', 'a___'],
  [' a', ' a'],
  // Control, bidi and zero-width characters.
  ['a\0b', 'a_b'],
  ['a\nb', 'a_b'],
  ['a\r\nb', 'a__b'],
  ['\u001b[31mred', '_[31mred'],
  ['\u001b]0;title\u0007', '_]0;title_'],
  ['\u007f', '_'],
  ['\u0080', '_'],
  ['a\u0085b', 'a_b'],
  ['a\u009bb', 'a_b'],
  ['a\u2028b\u2029c', 'a_b_c'],
  ['photo\u202egpj.exe', 'photogpj.exe'],
  ['\u2066x\u2069', 'x'],
  ['\ufeffbom', 'bom'],
  ['a\u200db', 'ab'],
  ['a\u00adb', 'ab'],
  ['a\u061cb', 'ab'],
  ['a\u{e0041}b', 'ab'],
  // Bytes that are not UTF-8.
  [[0x61, 0xff], 'a%ff'],
  [[0x61, 0xfe], 'a%fe'],
  [[0xc0, 0xae, 0xc0, 0xae], '%c0%ae%c0%ae'],
  [[0xc0, 0xaf], '%c0%af'],
  [[0xe0, 0x80, 0xaf], '%e0%80%af'],
  [[0xed, 0xa0, 0x80], '%ed%a0%80'],
  [[0xf4, 0x90, 0x80, 0x80], '%f4%90%80%80'],
  [[0xf0, 0x80, 0x80, 0xaf], '%f0%80%80%af'],
  [[0xf8, 0x88, 0x80, 0x80, 0x80], '%f8%88%80%80%80'],
  [[0xe2, 0x82], '%e2%82'],
  [[0x80], '%80'],
  [[0xc3, 0xa9, 0xff, 0xc3, 0xa9], 'é%ffé'],
  [[0xff, 0x2f, 0x00], '%ff__'],
  // Names that are too long: the extension stays.
  ['a'.repeat(255), 'a'.repeat(255)],
  ['a'.repeat(256), 'a'.repeat(255)],
  [`${'a'.repeat(300)}.txt`, `${'a'.repeat(251)}.txt`],
  ['😀'.repeat(100), '😀'.repeat(63)],
  [`${'😀'.repeat(100)}.mkv`, `${'😀'.repeat(62)}.mkv`],
  ['é'.repeat(200), 'é'.repeat(127)],
  [`x.${'y'.repeat(300)}`, `x.${'y'.repeat(253)}`],
  [`.${'y'.repeat(300)}`, `.${'y'.repeat(254)}`],
  [`con.${'y'.repeat(300)}`, `con.${'y'.repeat(251)}`, `_con.${'y'.repeat(250)}`],
  [`${'a'.repeat(250)}     tail`, `${'a'.repeat(250)}     `, `${'a'.repeat(250)}_____`],
  ['.'.repeat(300), '.'.repeat(255), '_'.repeat(255)],
  [`${'a'.repeat(300)}. `, `${'a'.repeat(253)}. `, `${'a'.repeat(253)}__`],
];

describe('safeComponent', () => {
  it.each(CASES.map(([name, posix, win32 = posix]) => [name, posix, win32] as const))(
    'makes %j safe',
    (name, posix, win32) => {
      const bytes = new Uint8Array(typeof name === 'string' ? new TextEncoder().encode(name) : name);
      expect(safeComponent(bytes, 'posix', 255)).toBe(posix);
      expect(safeComponent(bytes, 'win32', 255)).toBe(win32);
    },
  );

  it('is tested with at least 100 names', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(100);
  });

  it.each([
    ['dots', '.'.repeat(2_000_000) + 'x'],
    ['plain letters', 'a'.repeat(2_000_000) + 'é'],
    ['spaces', ' '.repeat(2_000_000) + 'x'],
  ])('takes linear time for a name of two million %s', (_, name) => {
    const startedMs = performance.now();
    safeComponent(new TextEncoder().encode(name), 'win32', 255);
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });
});
