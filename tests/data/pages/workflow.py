#!/usr/bin/python3
"""Runs the scripts of a workflow as GitHub's or GitLab's runners do: workflow.py FILE NAME=VALUE...

Every step is a shell of its own (GitHub) or every job is (GitLab); the first that fails ends it. `${{ NAME }}` and the
variables of the file are replaced by the values given.
"""
import os, re, subprocess, sys

import yaml

ABSENT = {"Install lugger"}  # it is installed


def filled(text, values):
    return re.sub(r"\$\{\{ *([\w.]+) *\}\}", lambda match: values[match[1]], text)


def variables(named, values):
    env = {key: filled(str(value), values) for key, value in named.items()}
    return {key: re.sub(r"\$(\w+)", lambda match: values[match[1]], value) for key, value in env.items()}


def scripts(workflow):
    if "jobs" in workflow:
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                if "run" in step and step.get("name") not in ABSENT:
                    yield ["bash", "-eo", "pipefail", "-c"], job.get("env", {}), step["run"]
    else:
        for job in workflow.values():
            if isinstance(job, dict) and "script" in job:
                yield ["sh", "-ec"], workflow.get("variables", {}), "\n".join(job["script"])


def main():
    values = dict(word.split("=", 1) for word in sys.argv[2:])
    with open(sys.argv[1]) as file:
        workflow = yaml.safe_load(file)
    environment = dict(os.environ, **{key: value for key, value in values.items() if "." not in key})
    for shell, named, script in scripts(workflow):
        run = subprocess.run(shell + [filled(script, values)], env=dict(environment, **variables(named, values)))
        if run.returncode:
            sys.exit("failed with %d: %s" % (run.returncode, script))
        # What a job leaves in its dotenv report, the next one has.
        if os.path.exists("deploy.env"):
            with open("deploy.env") as report:
                environment.update(line.strip().split("=", 1) for line in report)


main()
