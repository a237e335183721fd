#include "esp-table.h"

#include <math.h>
#include <string.h>

#include "esp-report.h"

#define LONGEST_TEXT 72

typedef enum
{
  CELL_TEXT,
  CELL_NUMBER,
  CELL_ESTIMATE,
} CellKind;

typedef struct
{
  CellKind kind;
  char *text;
  EspEstimate value; /* of a number the mean only */
} Cell;

struct _EspTable
{
  EspColumn *columns;
  size_t n_columns;
  GArray *cells; /* of Cell, row by row */
};

/* The columns that the parts of a cell take: what stands left of ± and right of it. */
typedef struct
{
  int left;
  int right;
} Width;

static void
clear_cell (void *data)
{
  g_free (((Cell *) data)->text);
}

EspTable *
esp_table_new (const EspColumn *columns, size_t n)
{
  EspTable *table = g_new0 (EspTable, 1);

  table->columns = g_memdup2 (columns, n * sizeof *columns);
  table->n_columns = n;
  table->cells = g_array_new (FALSE, TRUE, sizeof (Cell));
  g_array_set_clear_func (table->cells, clear_cell);

  return table;
}

void
esp_table_free (EspTable *table)
{
  g_array_unref (table->cells);
  g_free (table->columns);
  g_free (table);
}

void
esp_table_add_text (EspTable *table, const char *text)
{
  Cell cell = { .kind = CELL_TEXT, .text = g_utf8_make_valid (text, -1) };

  g_array_append_val (table->cells, cell);
}

void
esp_table_add_number (EspTable *table, double value)
{
  Cell cell = { .kind = CELL_NUMBER, .value = { 1, value, NAN } };

  g_array_append_val (table->cells, cell);
}

void
esp_table_add_estimate (EspTable *table, EspEstimate estimate)
{
  Cell cell = { .kind = CELL_ESTIMATE, .value = estimate };

  g_array_append_val (table->cells, cell);
}

size_t
esp_table_get_n_rows (const EspTable *table)
{
  return table->cells->len / table->n_columns;
}

static const Cell *
get_cell (const EspTable *table, size_t row, size_t column)
{
  return &g_array_index (table->cells, Cell, row * table->n_columns + column);
}

static char *
print_number (double value, int decimals)
{
  char format[16], number[G_ASCII_DTOSTR_BUF_SIZE + 320];

  if (!isfinite (value))
    return g_strdup ("");
  /* what is huge is no number to read digit by digit */
  if (fabs (value) < 1e12)
    g_snprintf (format, sizeof format, "%%.%df", decimals);
  else
    g_strlcpy (format, "%.4g", sizeof format);
  g_ascii_formatd (number, sizeof number, format, value);

  /* no sign before nothing */
  return g_strdup (number[0] == '-' && strspn (number + 1, "0.") == strlen (number + 1) ? number + 1
                                                                                        : number);
}

/* Returns the part of @cell left of ±, or all of it. */
static char *
print_left (const Cell *cell, const EspColumn *column, gboolean cut)
{
  if (cell->kind != CELL_TEXT)
    return isfinite (cell->value.mean) ? print_number (cell->value.mean, column->decimals) : g_strdup ("-");
  if (cut && g_utf8_strlen (cell->text, -1) > LONGEST_TEXT)
    {
      g_autofree char *kept = g_utf8_substring (cell->text, 0, LONGEST_TEXT - 1);

      return g_strconcat (kept, "…", NULL);
    }

  return g_strdup (cell->text);
}

static char *
print_right (const Cell *cell, const EspColumn *column)
{
  return cell->kind == CELL_ESTIMATE ? print_number (cell->value.half, column->decimals) : g_strdup ("");
}

static int
get_columns (const char *text)
{
  int columns = 0;

  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c))
    columns += g_unichar_iszerowidth (g_utf8_get_char (c)) ? 0
               : g_unichar_iswide (g_utf8_get_char (c))    ? 2
                                                           : 1;

  return columns;
}

static int
get_total (Width width)
{
  return width.left + (width.right > 0 ? 3 + width.right : 0);
}

static Width
measure (const EspTable *table, size_t column)
{
  Width width = { 0, 0 };
  int title = get_columns (table->columns[column].title);

  for (size_t r = 0; r < esp_table_get_n_rows (table); r++)
    {
      g_autofree char *left = print_left (get_cell (table, r, column), &table->columns[column], TRUE);
      g_autofree char *right = print_right (get_cell (table, r, column), &table->columns[column]);

      width.left = MAX (width.left, get_columns (left));
      width.right = MAX (width.right, get_columns (right));
    }
  width.left += MAX (0, title - get_total (width));

  return width;
}

static void
append_padded (GString *text, const char *word, int width, gboolean at_left)
{
  int gap = width - get_columns (word);

  if (at_left)
    g_string_append (text, word);
  for (int i = 0; i < gap; i++)
    g_string_append_c (text, ' ');
  if (!at_left)
    g_string_append (text, word);
}

static void
trim (GString *text)
{
  while (text->len > 0 && text->str[text->len - 1] == ' ')
    g_string_truncate (text, text->len - 1);
  g_string_append_c (text, '\n');
}

static void
append_cell (GString *text, const EspTable *table, size_t row, size_t c, Width width)
{
  const EspColumn *column = &table->columns[c];
  const Cell *cell = get_cell (table, row, c);
  g_autofree char *left = print_left (cell, column, TRUE);
  g_autofree char *right = print_right (cell, column);
  gboolean above = row > 0 && column->group && cell->kind == CELL_TEXT
                   && strcmp (cell->text, get_cell (table, row - 1, c)->text) == 0;

  append_padded (text, above ? "" : left, width.left, column->is_text);
  if (width.right > 0)
    {
      g_string_append (text, right[0] != '\0' ? " ± " : "   ");
      append_padded (text, right, width.right, FALSE);
    }
}

void
esp_table_append_text (const EspTable *table, GString *text)
{
  g_autofree Width *widths = g_new (Width, table->n_columns);

  for (size_t c = 0; c < table->n_columns; c++)
    {
      widths[c] = measure (table, c);
      g_string_append (text, "  ");
      append_padded (text, table->columns[c].title, get_total (widths[c]), table->columns[c].is_text);
    }
  trim (text);
  for (size_t r = 0; r < esp_table_get_n_rows (table); r++)
    {
      for (size_t c = 0; c < table->n_columns; c++)
        {
          g_string_append (text, "  ");
          append_cell (text, table, r, c, widths[c]);
        }
      trim (text);
    }
}

/* A bar would end the cell, and a line the row. */
static void
append_escaped (GString *text, const char *word)
{
  for (const char *c = word; *c != '\0'; c++)
    if (*c == '|' || *c == '\\' || *c == '*' || *c == '_' || *c == '`' || *c == '<')
      g_string_append_printf (text, "\\%c", *c);
    else
      g_string_append_c (text, *c == '\n' || *c == '\r' ? ' ' : *c);
}

void
esp_table_append_markdown (const EspTable *table, GString *text)
{
  for (size_t c = 0; c < table->n_columns; c++)
    g_string_append_printf (text, "| %s ", table->columns[c].title);
  g_string_append (text, "|\n");
  for (size_t c = 0; c < table->n_columns; c++)
    g_string_append (text, table->columns[c].is_text ? "|---" : "|---:");
  g_string_append (text, "|\n");
  for (size_t r = 0; r < esp_table_get_n_rows (table); r++)
    {
      for (size_t c = 0; c < table->n_columns; c++)
        {
          const Cell *cell = get_cell (table, r, c);
          g_autofree char *left = print_left (cell, &table->columns[c], FALSE);
          g_autofree char *right = print_right (cell, &table->columns[c]);

          g_string_append (text, "| ");
          append_escaped (text, left);
          g_string_append_printf (text, "%s%s ", right[0] != '\0' ? " ± " : "", right);
        }
      g_string_append (text, "|\n");
    }
}

static void
append_json_cell (GString *text, const Cell *cell)
{
  switch (cell->kind)
    {
    case CELL_TEXT:
      esp_report_append_string (text, cell->text);
      return;

    case CELL_NUMBER:
      esp_report_append_number (text, cell->value.mean);
      return;

    case CELL_ESTIMATE:
      g_string_append (text, "{\"mean\": ");
      esp_report_append_number (text, cell->value.mean);
      g_string_append (text, ", \"interval\": ");
      esp_report_append_number (text, cell->value.half);
      g_string_append_printf (text, ", \"n\": %zu}", cell->value.n);
      return;
    }
}

void
esp_table_append_json (const EspTable *table, GString *text)
{
  g_string_append_c (text, '[');
  for (size_t r = 0; r < esp_table_get_n_rows (table); r++)
    {
      for (size_t c = 0; c < table->n_columns; c++)
        {
          g_string_append_printf (text, "%s\"%s\": ",
                                  c > 0   ? ", "
                                  : r > 0 ? ", {"
                                          : "{",
                                  table->columns[c].key);
          append_json_cell (text, get_cell (table, r, c));
        }
      g_string_append_c (text, '}');
    }
  g_string_append_c (text, ']');
}
