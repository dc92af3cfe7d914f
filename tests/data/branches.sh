#!/bin/sh
# Runs the program with these words, and tells by its exit status alone what is to be done.
status=0
lugger "$@" >/dev/null 2>branches.log || status=$?
case $status in
0) echo "go on" ;;
2) echo "mend the script" ;;
3) echo "build it" ;;
4) echo "log in" ;;
5) echo "try later" ;;
6) echo "slow down" ;;
7) echo "call somebody" ;;
8) echo "take another tag" ;;
*) echo "give up: $status" ;;
esac
