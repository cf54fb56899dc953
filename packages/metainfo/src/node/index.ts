export { filesFrom, type FilesFrom } from './files-from.ts';
