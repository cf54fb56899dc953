export {
  decodeLocalAnnounce,
  encodeLocalAnnounces,
  LOCAL_GROUPS,
  type LocalAnnounce,
  type LocalGroup,
} from './announce.ts';
export { LocalDiscoveryError, type LocalDiscoveryErrorDetail } from './error.ts';
export { LocalIntake } from './local-intake.ts';
export { LocalSchedule } from './local-schedule.ts';
