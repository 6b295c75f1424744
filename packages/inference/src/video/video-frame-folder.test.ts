import { expect, test } from '@jest/globals';
import { deblurEach } from './video-frame-folder.js';

test('on Windows the loop over clips is one of PowerShell', () => {
  expect(deblurEach('C:\\My Clips', '.MOV', 'win32')).toBe(
    'mkdir -Force sharp; foreach ($clip in Get-ChildItem "C:\\My Clips\\*.MOV") { unblur video $clip.FullName --out "sharp/$($clip.BaseName).mp4" }',
  );
});
