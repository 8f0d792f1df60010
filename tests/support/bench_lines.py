"""Lines of a benchmark's results, as its runs would write them."""


def line(label, env, seed, mean_return, **changes):
    return {
        "kind": "final",
        "commit": "a" * 40,
        "hardware": "a processor",
        "label": label,
        "algo": label,
        "env": env,
        "seed": seed,
        "env_step": 1000,
        "mean_return": mean_return,
        "num_episodes": 10,
        "cpu_s": 2.0,
        "wall_s": 3.0,
    } | changes


def evaluation(label, seed, env_step, mean_return, env="Pendulum-v1"):
    return line(label, env, seed, mean_return, kind="evaluation", env_step=env_step)
