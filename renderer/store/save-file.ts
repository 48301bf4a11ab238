// A file that the station wrote, given to the person by way of the browser's own download.

export type SavedFile = { readonly name: string; readonly mediaType: string; readonly text: string };

export const saveFile = ({ name, mediaType, text }: SavedFile): void => {
  const url = URL.createObjectURL(new Blob([text], { type: mediaType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
};
