@echo off
rem The `rackside` command of the desktop package: the same program on the Node that the package brings.
"%~dp0..\node\node.exe" "%~dp0..\app.asar.unpacked\out\main\rackside.js" %*
