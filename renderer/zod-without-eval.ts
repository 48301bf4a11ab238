// zod compiles schemas with `new Function` unless told not to; the content security policy forbids that and reports
// even the attempt. Imported before anything that parses.
import { z } from 'zod';

z.config({ jitless: true });
