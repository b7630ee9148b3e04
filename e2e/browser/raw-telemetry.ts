import { expect, type Page } from './console.js';
import { RawDevice } from '../stack/raw-device.js';
