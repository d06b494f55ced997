#!/bin/sh
# One hunt over a Slurm cluster: each task of the array runs its share of the boots, and nothing
# else. All of `pfnhunt run` goes behind the script; the seed must be there, for all have the same.
#
#	sbatch --array=1-4 slurm-array.sh quick --kernel 6.12 --boots 100 --seed 1
#
# A task that FAILED with exit code 1 has found something. When all are over, one hunt is made of
# the shards (in a job of its own: sbatch --dependency=afterany:JOB --wrap '...'):
#
#	pfnhunt results merge -o results pfnhunt-JOB/shard-*
#
#SBATCH --job-name=pfnhunt
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
set -eu
out=${PFNHUNT_OUT:-$SLURM_SUBMIT_DIR/pfnhunt-$SLURM_ARRAY_JOB_ID}/shard-$SLURM_ARRAY_TASK_ID
exec "${PFNHUNT:-pfnhunt}" run "$@" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
	--results "$out"
