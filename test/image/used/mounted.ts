// A filesystem in a file, mounted through a loop device for as long as a script runs in it. In a mount namespace of its own: one
// that somebody else makes meanwhile would copy the mount and keep the filesystem open after its unmounting here.
import { tool } from './rig.ts';

const MOUNTED = `
set -e
image=$1 point=$2 inside=$3; shift 3
loop=$(losetup -f --show "$image"); trap 'losetup -d $loop' EXIT
blockdev --setrw $loop; mkdir -p "$point"
"$@" $loop "$point" >/dev/null
(cd "$point"; sh -ec "$inside")
umount "$point" 2>/dev/null || true
# A FUSE driver closes the device after umount has returned.
n=0; while fuser -s $loop 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done
blockdev --flushbufs $loop
`;

/** What the script wrote to its output. `mount` is a program and its options, called with device and folder. */
export const whileMounted = (image: string, mount: readonly string[], inside: string): Promise<string> =>
  tool('timeout', ['60', 'unshare', '-m', 'sh', '-c', MOUNTED, 'sh', image, `${image}.mounted`, inside, ...mount]);

/** 120 files of many sizes and two large ones, of which a tenth and one large one are deleted again. */
export const FILL = `
n=0; while [ $n -lt 120 ]; do n=$((n+1)); head -c $((n*997)) /dev/urandom >file-$n; done
head -c 12000000 /dev/urandom >large; head -c 9000000 /dev/urandom >gone; sync; rm gone file-*3; sync`;

export const SUMS = 'find . -type f | sort | xargs sha256sum';
