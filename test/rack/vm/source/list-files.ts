// Lists everything that is on a disk, in the kit's Linux and by its tools: partition table, and of every filesystem each file with its
// kind, rights, owner, time and SHA-256. It shares no code with capture and deploy.
import { runInKit } from '../kit-shell.ts';

const LIST = `
modprobe -a -q dm_mod nls_ascii nls_utf8 || true
mkdir -p on
# list NAME DEVICE TYPE OPTIONS
list() {
  modprobe -q "$3" || true
  mount -t "$3" -o "ro$4" "$2" on
  echo "## $1: $3"
  (
    cd on
    # The time of a top folder is that of the mount on some of them.
    stat -c '.|%F|%a|%u:%g|%h' .
    find . -mindepth 1 -exec stat -c '%n|%F|%a|%u:%g|%h|%Y' {} + | sort
    find . -type l -exec stat -c '%N' {} + | sort
    find . -type f -print0 | sort -z | xargs -0 sha256sum
  )
  umount on
}
look() {
  case $(blkid -p -s TYPE -o value "$2" || true) in
    ext4) list "$1" "$2" ext4 ,noload ;;
    xfs) list "$1" "$2" xfs ,norecovery ;;
    btrfs) list "$1" "$2" btrfs ,subvolid=5 ;;
    vfat) list "$1" "$2" vfat "" ;;
    exfat) list "$1" "$2" exfat "" ;;
    ntfs) list "$1" "$2" ntfs3 "" ;;
    swap) echo "## $1: swap $(blkid -p -s UUID -o value "$2")" ;;
    LVM2_member)
      echo "## $1: $(blkid -p -s UUID -o value "$2")"
      lvm vgchange --devices "$2" -q -ay >/dev/null
      lvm vgmknodes --devices "$2" -q >/dev/null
      lvm lvs --devices "$2" --noheadings -o lv_name,lv_size,seg_pe_ranges --units b | sed 's,/dev/vd.,,'
      for volume in /dev/mapper/*-*; do look "$volume" "$volume"; done
      lvm vgchange --devices "$2" -q -an >/dev/null
      ;;
    *) echo "## $1: $(sha256sum <"$2")" ;;
  esac
}
for disk in /dev/vd[d-z]; do
  [ -b $disk ] || continue
  partx --update $disk 2>/dev/null || true
  sleep 1
  echo "=== disk"
  # But its size and its name.
  sfdisk --dump $disk | grep -v -e '^last-lba' -e '^device' -e '^$' | sed "s,^$disk,,"
  for part in \${disk}[0-9]*; do
    # An extended partition shows its first two sectors.
    [ "$(blockdev --getsz "$part")" -gt 2 ] || continue
    look "\${part#$disk}" "$part"
  done
done
`;

/** One list a disk, equal where they hold the same; what lies in no file (free space, a larger disk's end) does not count. */
export const listFiles = async (disks: readonly string[]): Promise<readonly string[]> => {
  const said = await runInKit({ text: LIST, disks: disks.map((path) => ({ path, readOnly: true })) });
  const lists = said.split('=== disk\n').slice(1);
  const poor = lists.findIndex((list) => (list.match(/^[0-9a-f]{64} /gm) ?? []).length < 50);
  if (lists.length !== disks.length || poor >= 0)
    throw new Error(`hardly any file was found on ${disks[poor] ?? 'a disk'}:\n${said.slice(-2000)}`);
  return lists;
};

/** The lines in which two lists differ, a few of them; empty when they are equal. */
export const differenceOf = (left: string, right: string): readonly string[] => {
  const [one, other] = [new Set(left.split('\n')), new Set(right.split('\n'))];
  const only = (these: ReadonlySet<string>, those: ReadonlySet<string>, sign: string): readonly string[] =>
    [...these]
      .filter((line) => !those.has(line))
      .slice(0, 10)
      .map((line) => `${sign} ${line}`);
  return [...only(one, other, '-'), ...only(other, one, '+')];
};
